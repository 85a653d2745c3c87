import {
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import { listenOnLoopback } from '../helpers/listen.js'

/** A real server of HTTP/2; `answer` gets each stream with its headers as they came. */
export async function startHttp2Server(
  t: { teardown: (close: () => Promise<void>) => void },
  answer: (stream: ServerHttp2Stream, raw: string[]) => void,
  server: Http2Server = createServer(),
) {
  const sessions: ServerHttp2Session[] = []
  server.on('session', (session) => {
    sessions.push(session)
    session.on('error', () => session.destroy())
  })
  server.on(
    'stream',
    (stream: ServerHttp2Stream, _headers: unknown, _flags: number, raw: string[]) => {
      stream.on('error', () => stream.destroy())
      answer(stream, raw)
    },
  )
  const port = await listenOnLoopback(t, server, sessions)
  return { url: `http://127.0.0.1:${port}`, port, sessions }
}
