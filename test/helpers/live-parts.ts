import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Test } from 'tap'
import { WebSocket } from 'ws'

/** A WebSocket that stays open with a session. */
export interface LiveWebSocket {
  readonly webSocket: WebSocket
  /** Resolves with the close code. */
  readonly webSocketClosed: Promise<number>
}

/** An event stream that stays open with a session. */
export interface LiveStream {
  /** Resolves with what came of the stream when it has ended or broken off. */
  readonly streamEnded: Promise<string>
}

/** What stays open at one process with one session. */
export type LiveParts = LiveWebSocket & LiveStream

/** Opens both at the process of that URL; resolves once the application has answered over each. */
export async function openLive(t: Test, url: string, cookie: string): Promise<LiveParts> {
  return { ...(await openWebSocket(t, url, cookie)), ...(await openStream(t, url, cookie)) }
}

export async function openWebSocket(t: Test, url: string, cookie: string): Promise<LiveWebSocket> {
  const webSocket = new WebSocket(`${url.replace('http', 'ws')}/socket?greet`, {
    headers: { cookie },
  })
  t.teardown(() => webSocket.terminate())
  const webSocketClosed = once(webSocket, 'close').then(([code]) => Number(code))
  await once(webSocket, 'message')
  return { webSocket, webSocketClosed }
}

export async function openStream(t: Test, url: string, cookie: string): Promise<LiveStream> {
  const { hostname, port } = new URL(url)
  const stream = connect(Number(port), hostname)
  t.teardown(() => stream.destroy())
  stream.write(`GET /events?count=2&open HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\n\r\n`)
  const seen = { text: '' }
  stream.on('data', (piece) => (seen.text += String(piece)))
  await includes(stream, seen, 'data: 2')
  const streamEnded = includes(stream, seen, '\r\n0\r\n\r\n').then(() => seen.text)
  return { streamEnded }
}

async function includes(socket: Socket, seen: { text: string }, text: string): Promise<void> {
  while (!seen.text.includes(text)) {
    if (socket.destroyed) return
    await new Promise<void>((resolve) => {
      for (const event of ['data', 'close']) socket.once(event, () => resolve())
    })
  }
}
