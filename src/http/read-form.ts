import type { IncomingMessage } from 'node:http'

/** A form that a browser can send once more, exactly as it did. */
export interface BrowserForm {
  readonly encoding: 'application/x-www-form-urlencoded' | 'multipart/form-data'
  /** A value of null is a choice of files that was left empty. */
  readonly fields: readonly (readonly [name: string, value: string | null])[]
}

const largestForm = 64 * 1024
const mostFields = 1000
const longestWaitMs = 10_000

/** Reads a form of at most 64 KB. `undefined` for one that is larger, or cannot be sent again as it was. */
export async function readForm(request: IncomingMessage): Promise<BrowserForm | undefined> {
  const contentType = request.headers['content-type'] ?? ''
  const encoding = encodingOf(contentType)
  if (encoding === undefined || Number(request.headers['content-length']) > largestForm) {
    return undefined
  }
  const body = await readBody(request)
  if (body === undefined) return undefined
  const fields =
    encoding === 'multipart/form-data'
      ? await partsOf(body, contentType)
      : [...new URLSearchParams(body.toString())]
  const isWhole = fields !== undefined && fields.length <= mostFields && fields.every(isPlain)
  return isWhole ? { encoding, fields } : undefined
}

function encodingOf(contentType: string): BrowserForm['encoding'] | undefined {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase()
  return type === 'application/x-www-form-urlencoded' || type === 'multipart/form-data'
    ? type
    : undefined
}

/** The fields of a multipart form; undefined when there is a file in it, which no page can fill in. */
async function partsOf(body: Buffer, contentType: string): Promise<Field[] | undefined> {
  const headers = { 'content-type': contentType }
  const parts = await new Response(new Uint8Array(body), { headers })
    .formData()
    .catch(() => undefined)
  const fields: Field[] = []
  for (const [name, value] of parts ?? []) {
    if (typeof value === 'string') fields.push([name, value])
    else if (value.size === 0 && value.name === '') fields.push([name, null])
    else return undefined
  }
  return parts && fields
}

type Field = BrowserForm['fields'][number]

/** Whether a page can hold the field: no other encoding than UTF-8, nothing that HTML changes. */
function isPlain([name, value]: Field): boolean {
  return !/[^\P{Cc}\t\n\r]|\ufffd/u.test(name + (value ?? ''))
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (request.readableEnded) return Buffer.alloc(0)
  return new Promise((resolve) => {
    const pieces: Buffer[] = []
    let length = 0
    const timer = setTimeout(() => finish(undefined), longestWaitMs)
    function finish(body: Buffer | undefined) {
      clearTimeout(timer)
      request.off('data', take).off('end', end).off('close', gone)
      // What is left is read and forgotten, so that the connection can go on.
      if (body === undefined) request.resume()
      resolve(body)
    }
    function take(piece: Buffer) {
      length += piece.length
      if (length > largestForm) finish(undefined)
      else pieces.push(piece)
    }
    const end = () => finish(Buffer.concat(pieces))
    const gone = () => finish(undefined)
    request.on('data', take).on('end', end).on('close', gone)
  })
}
