import { readFileSync } from 'node:fs'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeCertificates } from '../../../lab/certificates.ts'
import { freePort } from '../../../lab/ports.ts'
import { type LabMail, type LabSmtp, startSmtp } from '../../../lab/smtp.ts'
import { type EmailSettings, makeEmailChannel } from '../../../src/alerts/channels/email.ts'
import { OWN_LINK } from '../hostile-messages.ts'
import { sampleMessage } from '../sample-alert.ts'
import { channelContract, failureOf } from './contract.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const login = { username: 'tallyman', password: 's3cret' }
const ADDRESSES = { from: 'tallyman@example.com', to: ['ann@example.com', 'bob@example.com'] }

function open(port: number, options: Partial<EmailSettings> = {}) {
  const channel = makeEmailChannel({
    name: 'ops',
    host: '127.0.0.1',
    port,
    security: 'none',
    ...ADDRESSES,
    ...options,
  })
  closing.push(() => channel.close?.())
  return channel
}

async function start(options?: Parameters<typeof startSmtp>[0]): Promise<LabSmtp> {
  const server = await startSmtp(options)
  closing.push(server.close)
  return server
}

const HEADERS =
  'auto-submitted content-type date from in-reply-to message-id mime-version references subject to x-auto-response-suppress x-tallyman-type'

/** What a mail program would act on, or a header that a name has made. */
function faults({ headers, parts, to, raw }: LabMail): string[] {
  const html = parts.get('text/html') ?? ''
  const tags = html.match(/<[^>]*>/g) ?? []
  const known =
    /^<(!DOCTYPE html|meta charset="utf-8"|\/?(html|head|body|h3|p|table|tr|td|b|ul|li|a)( (style|href)="[^"<>]*")?)>$/
  const text = [...parts.values()].join('\n').replaceAll(OWN_LINK, '')
  return [
    ...([...headers.keys()].sort().join(' ') === HEADERS ? [] : [`headers: ${[...headers.keys()]}`]),
    ...(to.join() === ADDRESSES.to.join() ? [] : [`to: ${to}`]),
    ...tags.filter((tag) => !known.test(tag)),
    ...(text.match(/https?:\/\/.*|www\..*|mailto:.*|@\w+/g) ?? []),
    ...(/[^\r\n]{999}/.test(raw) ? ['a line of more than 998 bytes (RFC 5322, 2.1.1)'] : []),
    ...(/[^\t\r\n\x20-\x7e]/.test(raw) ? ['not ASCII'] : []),
    ...(raw.length > 300_000 ? [`${raw.length} bytes`] : []),
  ]
}

describe('a channel of mails', () => {
  channelContract(
    async () => {
      const server = await startSmtp({ login })
      return {
        channel: open(server.port, { login }),
        answer: (mood) =>
          server.refuse('DATA', { accept: undefined, refuse: 554, fail: 451, wait: 451 }[mood]),
        accepted: () => server.mails.map(({ parts }) => [...parts.values()].join('\n')),
        faults: () => server.mails.flatMap(faults),
        close: server.close,
      }
    },
    { canAskToWait: false },
  )

  it('sends a text and an HTML part with all that the message says', async () => {
    const server = await start()
    const message = {
      ...sampleMessage,
      lists: [{ title: 'Pushes that added most', items: ['app:1 <b>', 'app:2'] }],
      sparkline: { title: 'Eight days', text: '▁▂▃▄▅▆▇█' },
      links: [{ text: 'More', url: OWN_LINK }],
    }
    await open(server.port).send(message)
    const [mail] = server.mails
    expect(Object.fromEntries(mail?.headers ?? [])).toMatchObject({
      from: 'Tallyman <tallyman@example.com>',
      to: 'ann@example.com, bob@example.com',
      subject: '[Tallyman] warning: ci/team-a/app is close to its quota',
      'message-id': '<alert_01@example.com>',
      'auto-submitted': 'auto-generated',
      'content-type': expect.stringMatching(/^multipart\/alternative;/),
    })
    for (const part of ['text/plain', 'text/html'])
      for (const said of ['41.0 GiB', 'Usage', 'Pushes that added most', 'app:2', '▁▂▃▄▅▆▇█', OWN_LINK])
        expect(mail?.parts.get(part)).toContain(said)
    expect(mail?.parts.get('text/plain')).toContain('- app:1 <b>')
    expect(mail?.parts.get('text/html')).toContain('<li>app:1 &lt;b&gt;</li>')
  })

  it('has the same Message-ID in each attempt, and one thread for one subject', async () => {
    const { port, mails } = await start()
    const channel = open(port)
    await channel.send(sampleMessage)
    await channel.send(sampleMessage)
    await channel.send({ ...sampleMessage, id: 'alert_02' })
    await channel.send({ ...sampleMessage, id: 'alert_03', subject: 'ci/other' })
    const of = (header: string) => mails.map(({ headers }) => headers.get(header))
    expect(of('message-id')).toEqual(
      ['alert_01', 'alert_01', 'alert_02', 'alert_03'].map((id) => `<${id}@example.com>`),
    )
    const [a, b, c, other] = of('references')
    expect(a).toMatch(/^<thread-[0-9a-f]{32}@example\.com>$/)
    expect([b, c]).toEqual([a, a])
    expect(other).not.toBe(a)
    expect(of('in-reply-to')).toEqual([a, a, a, other])
  })

  it.each([
    ['MAIL', 451, true],
    ['MAIL', 550, false],
    ['RCPT', 450, true],
    ['RCPT', 550, false],
    ['DATA', 452, true],
    ['DATA', 552, false],
  ] as const)('that is refused at %s with %i may be sent again: %s', async (command, code, retry) => {
    const server = await start()
    server.refuse(command, code)
    expect(await failureOf(open(server.port))).toMatchObject({
      message: `channel ops at 127.0.0.1:${server.port}: ${code} not today`,
      ...{ status: code, retry },
    })
  })

  it('goes to those alone who have not got it, if it is sent again', async () => {
    const server = await start()
    const channel = open(server.port)
    server.refuse('RCPT', 450, 'bob@example.com')
    expect(await failureOf(channel)).toMatchObject({
      message: expect.stringMatching(/: 1 of 2 recipients refused: 450 not today$/),
      retry: true,
    })
    server.refuse('RCPT', undefined, 'bob@example.com')
    await channel.send(sampleMessage)
    await channel.send({ ...sampleMessage, id: 'alert_02' })
    expect(server.mails.map(({ to }) => to)).toEqual([
      ['ann@example.com'],
      ['bob@example.com'],
      ['ann@example.com', 'bob@example.com'],
    ])
  })

  it('that one recipient gets and another never will is not sent again, and says so', async () => {
    const server = await start()
    server.refuse('RCPT', 550, 'bob@example.com')
    expect(await failureOf(open(server.port))).toMatchObject({ status: 550, retry: false })
    expect(server.mails.map(({ to }) => to)).toEqual([['ann@example.com']])
  })

  it('names the network error when nobody listens', async () => {
    const port = await freePort()
    expect(await failureOf(open(port))).toMatchObject({
      message: `channel ops at 127.0.0.1:${port}: ECONNREFUSED`,
      retry: true,
    })
  })

  it('is not sent with a wrong login', async () => {
    const server = await start({ login })
    const channel = open(server.port, { login: { ...login, password: 'wrong-s3cret' } })
    expect(await failureOf(channel)).toMatchObject({ status: 535, retry: false })
    await expect(channel.check?.ask()).rejects.toMatchObject({ status: 535 })
    await expect(open(server.port, { login }).check?.ask()).resolves.toBe('the server takes the login')
  })
})

describe('a channel of mails with TLS', () => {
  let certificates: Awaited<ReturnType<typeof makeCertificates>>
  beforeEach(async () => {
    certificates = await makeCertificates()
    closing.push(certificates.close)
  })
  const trust = () => {
    const before = getCACertificates('default')
    closing.push(() => setDefaultCACertificates(before))
    setDefaultCACertificates([...before, readFileSync(certificates.ca, 'utf8')])
  }

  it.each([
    ['starttls', false],
    ['tls', true],
  ] as const)(
    'sends with %s, and only to a server whose certificate it can check',
    async (security, secure) => {
      const server = await start({ tls: certificates.server, secure, login })
      const channel = open(server.port, { security, login })
      expect(await failureOf(channel)).toMatchObject({
        message: expect.stringMatching(/: \w+: name the certificate of its CA in NODE_EXTRA_CA_CERTS$/),
        retry: true,
      })
      trust()
      await channel.send(sampleMessage)
      expect(server.mails).toMatchObject([{ secure: true, user: 'tallyman' }])
    },
  )

  it('sends nothing in the clear if the server offers no TLS', async () => {
    const server = await start({ login })
    expect(await failureOf(open(server.port, { security: 'starttls', login }))).toMatchObject({
      retry: false,
    })
    expect(server.mails).toEqual([])
  })
})
