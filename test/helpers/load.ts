import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { asNavigation } from './stack.js'

export interface Answer {
  /** `200 proxied` from the application, else the status and Valetkey's name for it; or `no answer`. */
  readonly name: string
  readonly at: number
  readonly retryAfter: string | undefined
  readonly setsCookie: boolean
  readonly redirects: boolean
}

export interface LoadAnswer extends Answer {
  /** The place of the cookie among those of the load. */
  readonly who: number
}

/** Signed-in people who send one request after the other, each on a connection of its own. */
export interface Load {
  readonly answers: readonly LoadAnswer[]
  /** Resolves once everybody has had so many answers more, whatever they are. */
  rounds(count: number): Promise<void>
  /** Resolves when the first such answer arrives from now on. */
  until(name: string): Promise<void>
  /** Resolves when everybody has had so many such answers in succession, from now on. */
  untilOnly(name: string, inSuccession?: number): Promise<void>
  stop(): Promise<void>
}

export const served = '200 proxied'

const pauseMs = 20

/** Sends requests with each of the cookies as browsers do when people follow links. */
export function startLoad(url: string, cookies: readonly string[]): Load {
  // Without keep-alive, so that the balancer gives each request to the next process.
  const dispatcher = new Agent({ pipelining: 0 })
  const answers: LoadAnswer[] = []
  const events = new EventEmitter<{ answer: [who: number, name: string] }>().setMaxListeners(0)
  const stopping = new AbortController()

  async function send(who: number, cookie: string): Promise<void> {
    const answer = { ...(await ask(url, cookie, dispatcher)), who }
    answers.push(answer)
    events.emit('answer', who, answer.name)
  }

  async function run(cookie: string, who: number): Promise<void> {
    while (!stopping.signal.aborted) {
      await send(who, cookie)
      await sleep(pauseMs)
    }
  }

  /** Resolves when everybody's count has come to the bound; `count` tells how an answer changes it. */
  function all(bound: number, count: (name: string, before: number) => number): Promise<void> {
    const counts = cookies.map(() => 0)
    return new Promise((resolve) => {
      events.on('answer', function listener(who, name) {
        counts[who] = count(name, counts[who] ?? 0)
        if (!counts.every((each) => each >= bound)) return
        events.off('answer', listener)
        resolve()
      })
    })
  }

  const running = Promise.all(cookies.map(run))

  return {
    answers,
    rounds: (count) => all(count, (_name, before) => before + 1),
    until: (wanted) =>
      new Promise((resolve) => {
        events.on('answer', function listener(_who, name) {
          if (name !== wanted) return
          events.off('answer', listener)
          resolve()
        })
      }),
    untilOnly: (wanted, inSuccession = 5) =>
      all(inSuccession, (name, before) => (name === wanted ? before + 1 : 0)),
    async stop() {
      stopping.abort()
      await running
      await dispatcher.destroy()
    },
  }
}

/** One navigation with that cookie. */
export async function ask(url: string, cookie: string, dispatcher?: Agent): Promise<Answer> {
  try {
    const { statusCode, headers, body } = await request(url, {
      headers: { ...asNavigation, cookie },
      ...(dispatcher === undefined ? {} : { dispatcher }),
    })
    await body.dump()
    const retryAfter = [headers['retry-after'] ?? []].flat()[0]
    return {
      name: `${statusCode} ${String(headers['x-valetkey-answer'] ?? 'proxied')}`,
      at: Date.now(),
      retryAfter,
      setsCookie: headers['set-cookie'] !== undefined,
      redirects: headers['location'] !== undefined,
    }
  } catch {
    const nothing = { retryAfter: undefined, setsCookie: false, redirects: false }
    return { name: 'no answer', at: Date.now(), ...nothing }
  }
}
