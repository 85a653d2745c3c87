// @fastify/http-proxy with nothing but an upstream. Arguments: the port to listen on, and the upstream.
import httpProxy from '@fastify/http-proxy'
import Fastify from 'fastify'

const [port, upstream = ''] = process.argv.slice(2)
const server = Fastify({ logger: false, keepAliveTimeout: 60_000, bodyLimit: 10 * 1024 * 1024 })
await server.register(httpProxy, { upstream, undici: { connections: 64, pipelining: 1 } })
await server.listen({ port: Number(port), host: '127.0.0.1' })
