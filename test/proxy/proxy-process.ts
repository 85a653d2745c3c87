import { startProxy } from './start-proxy.js'

/** A proxy in a process of its own: takes the upstream's URL, reports its port, then its memory when asked. */
const proxy = await startProxy({ teardown: () => undefined }, process.argv[2] ?? '')
process.on('message', () => process.send?.({ rss: process.memoryUsage.rss() }))
process.on('disconnect', () => process.exit())
process.send?.({ port: proxy.port })
