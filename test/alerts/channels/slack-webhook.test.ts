import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapeMrkdwn, makeSlackChannel } from '../../../src/alerts/channels/slack-webhook.ts'
import { messageOf, messageOfSummary } from '../../../src/alerts/message-of.ts'
import { startReceiver } from '../receiver.ts'
import { expiryAlert, registryAlert, sampleMessage, sampleSummary } from '../sample-alert.ts'
import { httpChannelContract } from './http-contract.ts'

describe('a Slack channel', () => {
  httpChannelContract({ open: (url) => makeSlackChannel({ name: 'ops', url }), faults: () => [] })

  it('sends the text, and the change as a coloured attachment', async () => {
    const { url, received, close } = await startReceiver((response) => response.end('ok'))
    await makeSlackChannel({ name: 'ops', url }).send({ ...sampleMessage, text: 'a & b <!channel>' })
    close()
    const change = 'quota.warning at 2026-05-01T10:00:00.000Z'
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      text: 'a &amp; b &lt;!channel&gt;',
      mrkdwn: false,
      attachments: [{ color: '#daa038', fallback: change, text: change }],
    })
  })

  it('sends the text of a summary', async () => {
    const { url, received, close } = await startReceiver((response) => response.end('ok'))
    await makeSlackChannel({ name: 'ops', url }).send(messageOfSummary({ ...sampleSummary, text: 'a & b' }))
    close()
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({ text: 'a &amp; b', mrkdwn: false })
  })

  it('sends an alert about a registry in red', async () => {
    const { url, received, close } = await startReceiver((response) => response.end('ok'))
    await makeSlackChannel({ name: 'ops', url }).send(messageOf(registryAlert))
    close()
    const what = 'reconcile.held at 2026-05-01T10:00:00.000Z'
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({
      text: registryAlert.text,
      attachments: [{ color: '#a30200', fallback: what, text: what }],
    })
  })

  it.each([
    ['expiry.notice', '#daa038'],
    ['expiry.done', '#2eb886'],
  ] as const)('sends %s in a colour of its own', async (event, color) => {
    const { url, received, close } = await startReceiver((response) => response.end('ok'))
    await makeSlackChannel({ name: 'ops', url }).send(messageOf({ ...expiryAlert, event }))
    close()
    const what = `${event} at 2026-05-01T10:00:00.000Z`
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({
      text: expiryAlert.text,
      attachments: [{ color, fallback: what, text: what }],
    })
  })

  it('escapes every control character of Slack, and loses nothing', () => {
    const text = fc.string({ unit: fc.oneof(fc.constantFrom(...'&<>;!@#|', 'amp', 'lt'), fc.string()) })
    fc.assert(
      fc.property(text, (original) => {
        const escaped = escapeMrkdwn(original)
        expect(escaped).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/)
        const back = { '&amp;': '&', '&lt;': '<', '&gt;': '>' }
        expect(Object.entries(back).reduceRight((all, [from, to]) => all.replaceAll(from, to), escaped)).toBe(
          original,
        )
      }),
    )
  })
})
