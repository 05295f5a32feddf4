import { describe, expect, it } from 'vitest'
import { makeMattermostChannel } from '../../../src/alerts/channels/mattermost.ts'
import { startReceiver } from '../receiver.ts'
import { sampleMessage } from '../sample-alert.ts'
import { httpChannelContract, lengthFaults } from './http-contract.ts'
import { markdownFaults, plainFaults } from './markdown-faults.ts'

describe('a Mattermost channel', () => {
  httpChannelContract({
    open: (url) => makeMattermostChannel({ name: 'ops', url }),
    faults({ body }) {
      const { attachments, ...rest } = JSON.parse(body)
      const [{ color, fallback, title, text, fields, footer, ...unknown }] = attachments
      const texts: [string, string, number][] = [
        // Mattermost keeps 16,383 characters of a post.
        ...[
          ['text', text, 16_383] as const,
          ['title', title, 1_000] as const,
          ['fallback', fallback, 16_383] as const,
        ],
        ...['footer'].map((name) => [name, footer, 300] as const),
        ...fields.flatMap((field: { title: string; value: string }) => [
          ['label', field.title, 300],
          ['value', field.value, 2_000],
        ]),
      ].map(([name, value, limit]) => [name, value, limit])
      return [
        ...Object.keys(rest),
        ...Object.keys(unknown),
        ...(/^#[0-9a-f]{6}$/.test(color) ? [] : ['no colour']),
        ...lengthFaults(texts),
        ...texts.flatMap(([name, value]) => (name === 'text' ? markdownFaults : plainFaults)(name, value)),
      ]
    },
  })

  it('shows title, text, facts, lists, sparkline and links', async () => {
    const { url, received, close } = await startReceiver((response) => response.end('ok'))
    await makeMattermostChannel({ name: 'ops', url }).send({
      ...sampleMessage,
      text: '@all: a_b is *over*',
      lists: [{ title: 'Pushes', items: ['one', 'two'] }],
      sparkline: { title: 'Eight days', text: '▁▂▃' },
      links: [{ text: 'API', url: 'https://tallyman.example.com/' }],
    })
    close()
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({
      attachments: [
        {
          title: 'ci/team\\-a/app is close to its quota',
          text: [
            '@\u200ball: a\\_b is \\*over\\*',
            '**Pushes**\n- one\n- two',
            'Eight days: ▁▂▃',
            '[API](<https://tallyman.example.com/>)',
          ].join('\n\n'),
          fields: [
            { short: true, title: 'Usage', value: '41.0 GiB' },
            { short: true, title: 'Quota', value: '50.0 GiB' },
            { short: true, title: 'State', value: 'ok → warning' },
          ],
        },
      ],
    })
  })
})
