import { describe, expect, it } from 'vitest'
import { makeSlackChannel } from '../../../src/alerts/channels/slack-webhook.ts'
import { startReceiver } from '../receiver.ts'
import { sampleMessage } from '../sample-alert.ts'
import { httpChannelContract } from './http-contract.ts'
import { slackFaults } from './slack-faults.ts'

describe('a Slack channel', () => {
  httpChannelContract({
    open: (url) => makeSlackChannel({ name: 'ops', url }),
    faults: ({ body }) => slackFaults(body),
  })

  it('shows title, text, facts, lists, sparkline and links, in the colour of the severity', async () => {
    const { url, received, close } = await startReceiver((response) => response.end('ok'))
    await makeSlackChannel({ name: 'ops', url }).send({
      ...sampleMessage,
      text: 'a & b <!channel>',
      lists: [{ title: 'Pushes', items: ['one', 'two'] }],
      sparkline: { title: 'Eight days', text: '▁▂▃' },
      links: [{ text: 'API', url: 'https://tallyman.example.com/' }],
    })
    close()
    const plain = (text: string) => ({ type: 'plain_text', text, emoji: false })
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      text: 'a &amp; b &lt;!channel&gt;',
      mrkdwn: false,
      blocks: [
        { type: 'header', text: plain('ci/team-a/app is close to its quota') },
        { type: 'section', text: plain('a &amp; b &lt;!channel&gt;') },
      ],
      attachments: [
        {
          color: '#daa038',
          fallback: 'quota.warning at 2026-05-01T10:00:00.000Z',
          blocks: [
            {
              type: 'section',
              fields: [plain('Usage\n41.0 GiB'), plain('Quota\n50.0 GiB'), plain('State\nok → warning')],
            },
            { type: 'section', text: plain('Pushes\n• one\n• two') },
            { type: 'section', text: plain('Eight days\n▁▂▃') },
            {
              type: 'rich_text',
              elements: [
                {
                  type: 'rich_text_section',
                  elements: [{ type: 'link', url: 'https://tallyman.example.com/', text: 'API' }],
                },
              ],
            },
            { type: 'context', elements: [plain('quota.warning at 2026-05-01T10:00:00.000Z')] },
          ],
        },
      ],
    })
  })

  it.each([
    ['critical', '#a30200'],
    ['resolved', '#2eb886'],
    ['info', '#2eb886'],
  ] as const)('shows %s in a colour of its own', async (severity, color) => {
    const { url, received, close } = await startReceiver((response) => response.end('ok'))
    await makeSlackChannel({ name: 'ops', url }).send({ ...sampleMessage, severity })
    close()
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({ attachments: [{ color }] })
  })

  it('sends one message a second', async () => {
    const at: number[] = []
    const { url, close } = await startReceiver((response) => {
      at.push(performance.now())
      response.end('ok')
    })
    const channel = makeSlackChannel({ name: 'ops', url })
    for (let n = 0; n < 3; n++) await channel.send(sampleMessage)
    close()
    const [first = 0, , third = 0] = at
    // A timer may be a millisecond early, and the first request takes longer to connect.
    expect(third - first).toBeGreaterThan(1_500)
  })
})
