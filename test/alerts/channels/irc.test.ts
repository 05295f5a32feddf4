import { readFileSync } from 'node:fs'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { makeCertificates } from '../../../lab/certificates.ts'
import { type IrcUser, joinIrc } from '../../../lab/irc-user.ts'
import { hasNgircd, startNgircd } from '../../../lab/ngircd.ts'
import { freePort } from '../../../lab/ports.ts'
import { startSaslIrc } from '../../../lab/sasl-irc.ts'
import { makeIrcChannel } from '../../../src/alerts/channels/irc.ts'
import type { Message } from '../../../src/alerts/message.ts'
import { OWN_LINK } from '../hostile-messages.ts'
import { sampleMessage } from '../sample-alert.ts'
import { channelContract, type Mood } from './contract.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

type Options = Partial<Parameters<typeof makeIrcChannel>[0]> & { port: number }

function open(options: Options) {
  const settings = { host: '127.0.0.1', tls: false, nick: 'tallyman', room: '#ops' }
  const channel = makeIrcChannel({ name: 'irc', ...settings, paceMs: 0, ...options })
  closing.push(() => channel.close?.())
  return channel
}

async function start(options: Parameters<typeof startNgircd>[0] = {}) {
  const server = await startNgircd(options)
  closing.push(server.close)
  return server
}

async function listen(
  port: number,
  options: Parameters<typeof joinIrc>[3] & { nick?: string; room?: string } = {},
) {
  const user = await joinIrc(port, options.nick ?? 'ann', options.room ?? '#ops', options)
  closing.push(user.close)
  return user
}

const text = (said: string) => ({ ...sampleMessage, text: said })
const until = async (user: IrcUser, said: string) => user.until(new RegExp(`PRIVMSG .*${said}`))

/** What its operator does to the room so that the server takes what is said, or not. */
const MODES: Record<Mood, string[]> = {
  accept: ['MODE #ops -ml'],
  refuse: ['MODE #ops +m'],
  fail: ['MODE #ops +l 1', 'KICK #ops tallyman'],
  wait: [],
}

/** A channel, and a room at a real ngircd whose operator listens. */
async function openPeer() {
  const password = 's3cret'
  const { port, close } = await startNgircd({ password })
  const ann = await joinIrc(port, 'ann', '#ops', { password })
  const channel = open({ port, name: 'ops', password })
  return {
    channel: {
      ...channel,
      async send(message: Message) {
        await ann.settled()
        await channel.send(message).finally(() => ann.settled())
      },
    },
    answer: (mood: Mood) => ann.send(...MODES[mood]),
    accepted: ann.heard,
    faults: () => {
      const sent = ann.lines.filter((line) => line.startsWith(':tally') && !/ (JOIN|QUIT) /.test(line))
      const isRight = (line: string) =>
        /^:\S+ PRIVMSG #ops :\[(warning|info)\] \P{Cc}*$/u.test(line) &&
        Buffer.byteLength(line) <= 510 &&
        !/@\w|:\/\//.test(line.replace(/^\S+/, '').replace(OWN_LINK, ''))
      return sent.filter((line) => !isRight(line))
    },
    async close() {
      ann.close()
      await channel.close?.()
      await close()
    },
  }
}

// A test that needs ngircd is left out only where there is none: `npm test` installs it from Debian.
describe.skipIf(!hasNgircd)('a channel of IRC, at a real ngircd', () => {
  channelContract(openPeer, { canAskToWait: false, actions: [OWN_LINK] })

  it('says a message in one line, and leaves with QUIT when it is closed', async () => {
    const { port } = await start()
    const ann = await listen(port)
    const channel = open({ port })
    await channel.send(sampleMessage)
    expect(await until(ann, 'quota')).toBe(
      `:tallyman!~tallyman@localhost PRIVMSG #ops :[warning] ${sampleMessage.text}`.replace(
        'localhost',
        '127.0.0.1',
      ),
    )
    await channel.close?.()
    expect(await ann.until(/ QUIT /)).toContain('Nothing more to say')
  })

  it('is tried without a word in the room', async () => {
    const { port } = await start()
    const ann = await listen(port)
    expect(await open({ port }).check?.ask()).toBe('the server knows us as tallyman')
    await ann.settled()
    expect(ann.lines.join()).not.toContain('tallyman')
    await expect(open({ port: await freePort() }).check?.ask()).rejects.toMatchObject({
      name: 'ChannelError',
    })
  })

  it('keeps its connection for the next message, and leaves after some time', async () => {
    const { port } = await start()
    const ann = await listen(port)
    // To connect counts, and may take a second on a busy machine.
    const channel = open({ port, lingerMs: 3_000 })
    await channel.send(text('first'))
    await channel.send(text('second'))
    await until(ann, 'second')
    await ann.until(/ QUIT /)
    expect(ann.lines.filter((line) => line.includes(' JOIN '))).toHaveLength(2)
    await channel.send(text('third'))
    await until(ann, 'third')
    expect(ann.heard()).toEqual(['[warning] first', '[warning] second', '[warning] third'])
  })

  it('says messages in order and not faster than its pace', async () => {
    const { port } = await start()
    const ann = await listen(port)
    const channel = open({ port, paceMs: 150 })
    const before = performance.now()
    await Promise.all(['1', '2', '3'].map((one) => channel.send(text(one))))
    expect(performance.now() - before).toBeGreaterThan(295)
    await until(ann, '3')
    expect(ann.heard()).toEqual(['[warning] 1', '[warning] 2', '[warning] 3'])
  })

  it('comes under another nick if its own is taken, and fights nobody for it', async () => {
    const { port } = await start()
    const ann = await listen(port)
    const processes = [open({ port }), open({ port }), open({ port })]
    await Promise.all(processes.map((channel, n) => channel.send(text(`by ${n}`))))
    for (const n of [0, 1, 2]) await until(ann, `by ${n}`)
    const nicks = ann.lines
      .filter((line) => line.includes('PRIVMSG'))
      .map((line) => /^:(\w+)!/.exec(line)?.[1])
    expect(new Set(nicks).size).toBe(3)
    expect(nicks).toContain('tallyman')
    for (const nick of nicks) expect(nick).toMatch(/^tally/)
    expect(ann.lines.join()).not.toMatch(/ NICK | KILL /)
  })

  it('connects again after the server was away', async () => {
    const server = await start()
    const channel = open({ port: server.port })
    await channel.send(text('before'))
    await server.kill()
    // We may not have heard yet that it is gone.
    await expect(channel.send(text('lost'))).rejects.toMatchObject({
      message: expect.stringMatching(/: (ECONNREFUSED|ECONNRESET|EPIPE|the server closed the connection)$/),
      ...{ name: 'ChannelError', channel: 'irc', retry: true },
    })
    await start({ port: server.port })
    const ann = await listen(server.port)
    await channel.send(text('after'))
    await until(ann, 'after')
  })

  it('logs in with the password of the server, and enters a room with a key', async () => {
    const { port } = await start({ password: 'hunter2', channels: [{ name: '#ops', key: 's3cret' }] })
    const ann = await listen(port, { key: 's3cret', password: 'hunter2' })
    await open({ port, password: 'hunter2', key: 's3cret' }).send(sampleMessage)
    await until(ann, 'quota')
  })

  it.each([
    // ngircd does not say that it is for good.
    ['a wrong password', { password: 'wr0ng', key: 's3cret' }, /Bad password/, true],
    ['a wrong key', { password: 'hunter2', key: 'wr0ng' }, /475 /, false],
    ['no key', { password: 'hunter2' }, /475 /, false],
    ['no name of a room', { password: 'hunter2', room: '#o\u0007ps' }, /4(03|76|79) /, false],
  ])('fails with %s, and repeats no secret', async (_, options, message, retry) => {
    const { port } = await start({ password: 'hunter2', channels: [{ name: '#ops', key: 's3cret' }] })
    const error = await open({ port, ...options })
      .send(sampleMessage)
      .catch((thrown) => thrown)
    expect(error).toMatchObject({ name: 'ChannelError', message: expect.stringMatching(message), retry })
    expect(`${error.stack} ${JSON.stringify(error)}`).not.toMatch(/hunter2|s3cret|wr0ng/)
  })

  it('fails for good if it may not speak in the room', async () => {
    const { port } = await start({ channels: [{ name: '#ops', modes: 'm' }] })
    const channel = open({ port })
    await expect(channel.send(sampleMessage)).rejects.toMatchObject({
      message: expect.stringMatching(/: 404 Cannot send to channel/),
      retry: false,
    })
  })

  it('enters again after it was thrown out', async () => {
    const { port } = await start()
    const ann = await listen(port)
    const channel = open({ port })
    await channel.send(text('first'))
    ann.send('KICK #ops tallyman :out')
    await ann.until(/ KICK /)
    await channel.send(text('second'))
    await until(ann, 'second')
  })

  it('stays out if it was banned', async () => {
    const { port } = await start()
    const ann = await listen(port)
    const channel = open({ port })
    await channel.send(text('first'))
    ann.send('MODE #ops +b tallyman!*@*', 'KICK #ops tallyman :out')
    await ann.until(/ KICK /)
    await expect(channel.send(text('second'))).rejects.toMatchObject({
      message: expect.stringMatching(/: 474 /),
      retry: false,
    })
  })

  it('tries again if the room is full', async () => {
    const { port } = await start()
    const ann = await listen(port)
    ann.send('MODE #ops +l 1')
    await ann.until(/ MODE /)
    await expect(open({ port }).send(sampleMessage)).rejects.toMatchObject({
      message: expect.stringMatching(/: 471 /),
      retry: true,
    })
  })

  it('says one line whatever a name holds, and cuts it so that all of it arrives', async () => {
    const { port } = await start()
    const ann = await listen(port)
    const evil = `ci/\r\nQUIT :gone\r\n\0\u0001ACTION \u0002\u000304bold ann ${'🦭é'.repeat(400)}`
    await open({ port }).send(text(evil))
    await open({ port, nick: 'second' }).send(text('end'))
    await until(ann, 'end')
    const line = await until(ann, 'ACTION')
    expect(Buffer.byteLength(line) + 2).toBeLessThanOrEqual(512)
    expect(Buffer.byteLength(line) + 2).toBeGreaterThan(490)
    expect(line).toMatch(/(🦭|é)…$/)
    expect(line).not.toMatch(/\p{Cc}|\ufffd| ann /u)
    expect(ann.heard()).toHaveLength(2)
  })

  it('speaks TLS, and only with a server whose certificate it can check', async () => {
    const certificates = await makeCertificates()
    closing.push(certificates.close)
    const { port } = await start({ tls: certificates.server })
    const channel = open({ port, tls: true })
    await expect(channel.send(sampleMessage)).rejects.toMatchObject({
      message: expect.stringMatching(/: \w+: name the certificate of its CA in NODE_EXTRA_CA_CERTS$/),
      retry: true,
    })
    const before = getCACertificates('default')
    closing.push(() => setDefaultCACertificates(before))
    setDefaultCACertificates([...before, readFileSync(certificates.ca, 'utf8')])
    await channel.send(sampleMessage)
  })

  it('names the network error when nobody listens', async () => {
    const port = await freePort()
    await expect(open({ port }).send(sampleMessage)).rejects.toMatchObject({
      message: `channel irc at 127.0.0.1:${port}: ECONNREFUSED`,
      retry: true,
    })
  })

  it('fails for good if it needs a login and the server has none', async () => {
    const { port } = await start()
    const account = { account: 'tallyman', password: 's3cret' }
    await expect(open({ port, login: account }).send(sampleMessage)).rejects.toMatchObject({
      message: expect.stringContaining('the server offers no login by SASL PLAIN'),
      retry: false,
    })
  })
})

describe('a channel of IRC with a login', () => {
  it('logs in by SASL PLAIN before it enters', async () => {
    const account = { account: 'bot', password: 's3cret' }
    const server = await startSaslIrc(account)
    closing.push(server.close)
    await open({ port: server.port, login: account }).send(sampleMessage)
    expect(server.received.find((line) => line.startsWith('PRIVMSG'))).toContain(sampleMessage.text)
  })

  it('says nothing if the login fails', async () => {
    const server = await startSaslIrc({ account: 'bot', password: 's3cret' })
    closing.push(server.close)
    const account = { account: 'bot', password: 'wr0ng' }
    await expect(open({ port: server.port, login: account }).send(sampleMessage)).rejects.toMatchObject({
      message: expect.stringMatching(/: 904 SASL authentication failed/),
      retry: false,
    })
    expect(server.received.join()).not.toMatch(/JOIN|PRIVMSG/)
  })
})
