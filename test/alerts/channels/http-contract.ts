import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { freePort } from '../../../lab/ports.ts'
import type { Channel } from '../../../src/alerts/channel.ts'
import { type Received, type Receiver, startReceiver } from '../receiver.ts'
import { sampleMessage } from '../sample-alert.ts'
import { channelContract, failureOf, type Mood } from './contract.ts'

export interface HttpReceiver {
  /** Makes the channel, named `ops`. `s3cret` is in the path of the URL. */
  open(url: string): Channel
  /** What is wrong with a request, as in `Peer.faults`. */
  faults(request: Received): string[]
  /** The body of the answer to a request that is accepted. Default: `ok`. */
  body?: (request: Received) => string
  contentType?: string
  /** Default: POST. */
  method?: string
  /** As of `channelContract`. */
  actions?: readonly string[]
}

const STATUS: Record<Mood, number> = { accept: 200, refuse: 403, fail: 503, wait: 429 }

/** Tests for every channel that posts over HTTP, those of every channel included. */
export function httpChannelContract({ open, faults, ...receiver }: HttpReceiver): void {
  const body = receiver.body ?? (() => 'ok')
  const { contentType = 'application/json', actions } = receiver

  describe('as a channel', () => {
    channelContract(async () => {
      let mood: Mood = 'accept'
      const accepted: Received[] = []
      const { url, close } = await startReceiver((response, request) => {
        if (mood === 'accept') accepted.push(request)
        response.writeHead(STATUS[mood], mood === 'wait' ? { 'retry-after': '7' } : {})
        response.end(mood === 'accept' ? body(request) : `Cannot POST ${request.path}`)
      })
      return {
        channel: open(url),
        answer: (next) => {
          mood = next
        },
        accepted: () => accepted.map((request) => request.body),
        faults: () => accepted.flatMap(faults),
        close,
      }
    }, actions && { actions })
  })

  const receivers: Receiver[] = []
  afterEach(() => {
    for (const one of receivers.splice(0)) one.close()
    vi.restoreAllMocks()
  })
  const start = async (answer: (response: ServerResponse, request: Received) => void) => {
    const started = await startReceiver(answer)
    receivers.push(started)
    return started
  }

  it('posts JSON to its URL', async () => {
    const { url, received } = await start((response, request) => response.end(body(request)))
    await open(url).send(sampleMessage)
    expect(received).toHaveLength(1)
    expect(received[0]?.method).toBe(receiver.method ?? 'POST')
    expect(received[0]?.path).toMatch(/^\/services\/s3cret\b/)
    expect(received[0]?.headers['content-type']).toBe(contentType)
    expect(() => JSON.parse(received[0]?.body ?? '')).not.toThrow()
  })

  it.each([200, 201, 202])('counts %i as accepted', async (status) => {
    const { url } = await start((response, request) => response.writeHead(status).end(body(request)))
    await open(url).send(sampleMessage)
  })

  it.each([
    [400, false],
    [403, false],
    [404, false],
    [410, false],
    [408, true],
    [429, true],
    [500, true],
    [503, true],
  ])('throws for %i, to be sent again: %s', async (status, retry) => {
    const { url, host, received } = await start((response) =>
      response.writeHead(status).end('Cannot POST /services/s3cret'),
    )
    expect(await failureOf(open(url))).toMatchObject({
      ...{ message: `channel ops at ${host} answered ${status}`, channel: 'ops', status, retry },
      retryAfterMs: undefined,
    })
    expect(received).toHaveLength(1)
  })

  it.each([
    ['503 and 90 s', 503, '90', 90_000],
    ['429 and a year, of which it waits an hour', 429, '31536000', 3_600_000],
    ['503 and 0 s, of which it makes one', 503, '0', 1_000],
    ['429 and no time', 429, 'soon', undefined],
    ['403, which no wait mends', 403, '90', undefined],
  ])('waits as an answer asks: %s', async (_, status, header, retryAfterMs) => {
    const { url } = await start((response) => response.writeHead(status, { 'retry-after': header }).end())
    expect(await failureOf(open(url))).toMatchObject({ status, retryAfterMs })
  })

  it.each([301, 302, 307, 308])('does not follow a %i', async (status) => {
    const elsewhere = await start((response) => response.end())
    const { url } = await start((response) => response.writeHead(status, { location: elsewhere.url }).end())
    expect(await failureOf(open(url))).toMatchObject({ status, retry: false })
    expect(elsewhere.received).toEqual([])
  })

  it('gives up on a server that hangs', async () => {
    const { url, host } = await start(() => undefined)
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => {
      const soon = new AbortController()
      setTimeout(() => soon.abort(new DOMException('too long', 'TimeoutError')), 50)
      return soon.signal
    })
    expect(await failureOf(open(url))).toMatchObject({
      ...{ message: `channel ops at ${host}: no answer within 10 s`, status: undefined, retry: true },
    })
    expect(timeout).toHaveBeenCalledWith(10_000)
  })

  it('does not read an endless answer', async () => {
    let written = 0
    const closed = Promise.withResolvers<void>()
    const { url } = await start((response) => {
      const chunk = Buffer.alloc(64 * 1024)
      const write = () => {
        while (!response.destroyed && response.write(chunk)) written += chunk.length
      }
      response.on('drain', write).on('close', closed.resolve)
      write()
    })
    // Whether it counts as accepted depends on whether the channel needs what the answer says.
    await open(url)
      .send(sampleMessage)
      .catch(() => undefined)
    await closed.promise
    expect(written).toBeLessThan(16 * 1024 * 1024)
  })

  it('names the network error when nobody listens', async () => {
    const host = `127.0.0.1:${await freePort()}`
    expect(await failureOf(open(`http://${host}/s3cret`))).toMatchObject({
      ...{ message: `channel ops at ${host}: ECONNREFUSED`, status: undefined, retry: true },
    })
  })

  it('may be sent again after the connection broke', async () => {
    const { url } = await start((response) => response.destroy())
    expect(await failureOf(open(url))).toMatchObject({ status: undefined, retry: true })
  })

  it.each(['/services/s3cret', 'ftp://chat/s3cret', 'https://me:s3cret@chat/x', 'https://s3cret:port/'])(
    'refuses the URL %j without repeating it',
    (url) => {
      expect(() => open(url)).toThrow(/^channel ops: its url [a-z ]+( URL)?$/)
    },
  )
}

/** The faults of texts in a request: those that are longer than their limit, and those that are empty. */
export const lengthFaults = (texts: readonly (readonly [string, string, number])[]): string[] =>
  texts.flatMap(([name, text, limit]) => {
    if (text.length > limit) return [`${name} has ${text.length} characters, and may have ${limit}`]
    return text.length === 0 ? [`${name} is empty`] : []
  })
