import type { ServerResponse } from 'node:http'
import { afterEach, expect, it, vi } from 'vitest'
import { freePort } from '../../../lab/ports.ts'
import type { Channel } from '../../../src/alerts/channel.ts'
import { ChannelError } from '../../../src/alerts/channel-error.ts'
import { messageOfSummary } from '../../../src/alerts/message-of.ts'
import { type Receiver, startReceiver } from '../receiver.ts'
import { sampleMessage, sampleSummary } from '../sample-alert.ts'

/** Tests for every channel that posts over HTTP. `open` makes one named `ops`. */
export function channelContract(open: (url: string) => Channel): void {
  const receivers: Receiver[] = []
  afterEach(() => {
    for (const receiver of receivers.splice(0)) receiver.close()
    vi.restoreAllMocks()
  })
  const start = async (answer: (response: ServerResponse) => void) => {
    const receiver = await startReceiver(answer)
    receivers.push(receiver)
    return receiver
  }
  /** The error of sending the sample to `url`. Checks that nothing in it holds the secret of the URL. */
  const failure = async (url: string) => {
    const error: unknown = await open(url)
      .send(sampleMessage)
      .catch((thrown: unknown) => thrown)
    if (!(error instanceof ChannelError)) throw new Error(`expected a ChannelError, not ${error}`)
    expect(`${error.stack} ${error.cause} ${JSON.stringify(error)}`).not.toContain('s3cret')
    return error
  }

  it('posts JSON to its URL, once', async () => {
    const { url, received } = await start((response) => response.end('ok'))
    const channel = open(url)
    expect(channel.name).toBe('ops')
    await channel.send(sampleMessage)
    expect(received).toMatchObject([{ method: 'POST', path: '/services/s3cret' }])
    expect(received[0]?.headers['content-type']).toBe('application/json')
    expect(() => JSON.parse(received[0]?.body ?? '')).not.toThrow()
  })

  it('posts a summary like an alert', async () => {
    const { url, received } = await start((response) => response.end('ok'))
    await open(url).send(messageOfSummary(sampleSummary))
    expect(received).toMatchObject([{ method: 'POST', path: '/services/s3cret' }])
    expect(received[0]?.body).toContain('2 more alerts')
  })

  it.each([200, 201, 202, 204])('counts %i as accepted', async (status) => {
    const { url } = await start((response) => response.writeHead(status).end())
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
    expect(await failure(url)).toMatchObject({
      message: `channel ops at ${host} answered ${status}`,
      channel: 'ops',
      status,
      retry,
    })
    expect(received).toHaveLength(1)
  })

  it.each([301, 302, 307, 308])('does not follow a %i', async (status) => {
    const elsewhere = await start((response) => response.end())
    const { url } = await start((response) => response.writeHead(status, { location: elsewhere.url }).end())
    expect(await failure(url)).toMatchObject({ status, retry: false })
    expect(elsewhere.received).toEqual([])
  })

  it('gives up on a server that hangs', async () => {
    const { url, host } = await start(() => undefined)
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => {
      const soon = new AbortController()
      setTimeout(() => soon.abort(new DOMException('too long', 'TimeoutError')), 50)
      return soon.signal
    })
    expect(await failure(url)).toMatchObject({
      message: `channel ops at ${host}: no answer within 10 s`,
      status: undefined,
      retry: true,
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
    await open(url).send(sampleMessage)
    await closed.promise
    expect(written).toBeLessThan(16 * 1024 * 1024)
  })

  it('counts a 2xx as accepted even if the rest of the answer is lost', async () => {
    const { url } = await start((response) => {
      response.writeHead(200, { 'content-length': 100 }).write('x', () => response.destroy())
    })
    await open(url).send(sampleMessage)
  })

  it('names the network error when nobody listens', async () => {
    const host = `127.0.0.1:${await freePort()}`
    expect(await failure(`http://${host}/s3cret`)).toMatchObject({
      message: `channel ops at ${host}: ECONNREFUSED`,
      status: undefined,
      retry: true,
    })
  })

  it('may be sent again after the connection broke', async () => {
    const { url } = await start((response) => response.destroy())
    expect(await failure(url)).toMatchObject({ status: undefined, retry: true })
  })

  it.each(['/services/s3cret', 'ftp://chat/s3cret', 'https://me:s3cret@chat/x', 'https://s3cret:port/'])(
    'refuses the URL %j without repeating it',
    (url) => {
      expect(() => open(url)).toThrow(/^channel ops: its url [a-z ]+( URL)?$/)
    },
  )
}
