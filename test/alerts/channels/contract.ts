import { afterEach, expect, it } from 'vitest'
import type { Channel } from '../../../src/alerts/channel.ts'
import { ChannelError } from '../../../src/alerts/channel-error.ts'
import type { Message } from '../../../src/alerts/message.ts'
import { messageOf, messageOfSummary } from '../../../src/alerts/message-of.ts'
import { hostileMessages, OWN_LINK } from '../hostile-messages.ts'
import { sampleAlert, sampleMessage, sampleSummary } from '../sample-alert.ts'

/** How a receiver answers: it accepts, refuses for good, refuses for now, or asks to wait for 7 s. */
export type Mood = 'accept' | 'refuse' | 'fail' | 'wait'

/** A channel named `ops`, and the receiver that it sends to. Every secret of the channel has `s3cret` in it. */
export interface Peer {
  channel: Channel
  /** How the receiver answers from now on. At first, it accepts. */
  answer(mood: Mood): void
  /** What the receiver has accepted, as texts that hold all that it was sent. */
  accepted(): string[]
  /**
   * What is wrong with what was accepted, by the documents of the receiver: a text that is too long, a field that is not
   * there, and whatever it would act on: mentions, links beside `OWN_LINK`, markup.
   */
  faults(): string[]
  close(): unknown
}

/** What an alert says that its expiry plan would free, and its link, as channels for people show them. */
const ACTIONS: readonly string[] = ['would free about 3.0 GiB: 12 images', OWN_LINK]

/**
 * Tests for every channel. `canAskToWait`: whether the protocol has a `Retry-After`. `actions`: how it shows `ACTIONS`, if it
 * shows them in another way.
 */
export function channelContract(
  open: () => Promise<Peer>,
  { canAskToWait = true, actions = ACTIONS }: { canAskToWait?: boolean; actions?: readonly string[] } = {},
): void {
  const peers: Peer[] = []
  afterEach(async () => {
    for (const peer of peers.splice(0)) await peer.close()
  })
  const start = async (mood: Mood = 'accept') => {
    const peer = await open()
    peers.push(peer)
    peer.answer(mood)
    return peer
  }

  it('sends a message once', async () => {
    const peer = await start()
    expect(peer.channel.name).toBe('ops')
    await peer.channel.send(sampleMessage)
    expect(peer.accepted()).toHaveLength(1)
    expect(peer.accepted()[0]).toContain('41.0 GiB')
    expect(peer.faults()).toEqual([])
  })

  it('sends a summary like an alert', async () => {
    const peer = await start()
    await peer.channel.send(messageOfSummary(sampleSummary))
    expect(peer.accepted()).toHaveLength(1)
    expect(peer.accepted()[0]).toContain('20 alerts since')
    expect(peer.faults()).toEqual([])
  })

  it('tells what the expiry plan would free, and has a link', async () => {
    const peer = await start()
    const frees = { bytes: 3 * 1024 ** 3, images: 12, policies: ['old'], isExact: false }
    const message = messageOf({ ...sampleAlert, frees })
    await peer.channel.send({ ...message, links: [{ text: 'Project', url: OWN_LINK }] })
    for (const text of actions) expect(peer.accepted()[0]).toContain(text)
    expect(peer.faults()).toEqual([])
  })

  it('is refused for good', async () => {
    const { channel } = await start('refuse')
    expect(await failureOf(channel)).toMatchObject({ channel: 'ops', retry: false })
  })

  it('is refused for now, and may send again', async () => {
    const peer = await start('fail')
    expect(await failureOf(peer.channel)).toMatchObject({ channel: 'ops', retry: true })
    peer.answer('accept')
    await peer.channel.send(sampleMessage)
    expect(peer.accepted()).toHaveLength(1)
  })

  it.runIf(canAskToWait)('says for how long the receiver asks to wait', async () => {
    const { channel } = await start('wait')
    expect(await failureOf(channel)).toMatchObject({ retry: true, retryAfterMs: 7_000 })
  })

  it.each(hostileMessages)('is understood and not acted on with %s in every text', async (_, message) => {
    const peer = await start()
    await peer.channel.send(message)
    expect(peer.faults()).toEqual([])
    expect(peer.accepted()).toHaveLength(1)
  })
}

/** The error of sending the message. Checks that it names the channel, and that nothing in it holds a secret. */
export async function failureOf(channel: Channel, message: Message = sampleMessage): Promise<ChannelError> {
  const error: unknown = await channel.send(message).catch((thrown: unknown) => thrown)
  if (!(error instanceof ChannelError)) throw new Error(`expected a ChannelError, not ${error}`)
  expect(error.message).toMatch(/^channel ops\b/)
  expect(`${error.stack} ${error.cause} ${JSON.stringify(error)}`).not.toContain('s3cret')
  return error
}
