import { gzipSync } from 'node:zlib'
import type { CannedAnswer } from '../../helpers/hostile-provider.js'

const mebibyte = 1024 * 1024
const blanks = gzipSync(Buffer.alloc(16 * mebibyte, ' '))
/** 256 MiB of blanks after an opening brace, in 256 KiB: gzip goes on where a member ends. */
const bomb = Buffer.concat([gzipSync('{'), ...Array.from({ length: 16 }, () => blanks)])
const gzipped = { 'content-encoding': 'gzip' }
const deep = `{"deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}`

/** Answers that no reader of a JSON object can take, by what is wrong with them. */
export const unreadable: Readonly<Record<string, CannedAnswer>> = {
  empty: { body: '' },
  blank: { body: ' ' },
  'HTML instead of JSON': { headers: { 'content-type': 'text/html' }, body: '<h1>Sorry</h1>' },
  'HTML that claims to be JSON': { body: '<!doctype html><h1>Sorry</h1>' },
  'plain text': { headers: { 'content-type': 'text/plain' }, body: 'OK' },
  'a list': { body: '[]' },
  'a list of an object': { body: '[{}]' },
  'a text': { body: '"text"' },
  'a number': { body: '7' },
  null: { body: 'null' },
  'a truth value': { body: 'true' },
  'an unfinished object': { body: '{"a":1' },
  'an object with more behind it': { body: '{} {}' },
  'an object in single quotes': { body: "{'a':1}" },
  'a script around an object': { body: 'callback({})' },
  'a form': { body: 'access_token=a&token_type=Bearer' },
  'UTF-16': { body: Buffer.from('{}', 'utf16le') },
  'nested 100,000 deep': { body: deep },
}

/** Answers that say no, or point elsewhere. */
export const unsuccessful: Readonly<Record<string, CannedAnswer>> = {
  ...Object.fromEntries(
    [201, 204, 206, 400, 401, 403, 404, 405, 410, 418].map((status) => [
      `status ${status}`,
      { status, ...(status === 204 ? {} : { body: '{}' }) },
    ]),
  ),
  ...Object.fromEntries(
    [301, 302, 303, 307, 308].map((status) => [
      `a redirect with ${status}`,
      { status, headers: { location: '/elsewhere' }, body: '{}' },
    ]),
  ),
  'a redirect to another host': { status: 302, headers: { location: 'http://127.0.0.1:9/' } },
}

/** Answers that say that it may pass. */
export const temporary: Readonly<Record<string, CannedAnswer>> = {
  ...Object.fromEntries(
    [429, 500, 502, 503, 504].map((status) => [`status ${status}`, { status }]),
  ),
  'a cut line': 'reset',
  'a gzip stream that is none': { headers: gzipped, body: '{}' },
}

/** Answers that would take all of the memory, or all of the time. They are given a second. */
export const boundless: Readonly<Record<string, CannedAnswer>> = {
  '10 MB of text': { body: Buffer.concat([Buffer.from('{"a":"'), Buffer.alloc(10_000_000, 'x')]) },
  '10 MB of blanks before an object': {
    body: Buffer.concat([Buffer.alloc(10_000_000, ' '), Buffer.from('{}')]),
  },
  'B16-21 a decompression bomb of 256 MiB': { headers: gzipped, body: bomb },
  'more announced than sent': { headers: { 'content-length': '1000' }, body: '{}' },
  'never an answer': 'hang',
  'half an answer': 'stall',
  'a slow drip': 'drip',
}
