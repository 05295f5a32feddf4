import { describe, expect, it } from 'vitest'
import { makeTeamsChannel } from '../../../src/alerts/channels/teams.ts'
import { OWN_LINK } from '../hostile-messages.ts'
import { startReceiver } from '../receiver.ts'
import { sampleMessage } from '../sample-alert.ts'
import { httpChannelContract, lengthFaults } from './http-contract.ts'

interface Run {
  type: string
  text: string
}

describe('a Teams channel', () => {
  httpChannelContract({
    open: (url) => makeTeamsChannel({ name: 'ops', url }),
    faults({ body }) {
      const { type, attachments, ...rest } = JSON.parse(body)
      const [{ contentType, contentUrl, content }] = attachments
      const runs: Run[] = content.body.flatMap(({ inlines }: { inlines: Run[] }) => inlines)
      const actions: { type: string; url: string; title: string }[] = content.actions ?? []
      return [
        ...Object.keys(rest),
        // The envelope of an incoming webhook with an Adaptive Card.
        ...(type === 'message' && contentUrl === null ? [] : ['not the envelope']),
        ...(contentType === 'application/vnd.microsoft.card.adaptive' ? [] : ['not a card']),
        ...(content.type === 'AdaptiveCard' && content.version === '1.4' ? [] : ['not an Adaptive Card 1.4']),
        ...(content.msteams === undefined ? [] : ['mentions']),
        ...(Buffer.byteLength(body) > 28 * 1024 ? [`${Buffer.byteLength(body)} bytes`] : []),
        // A TextBlock and a FactSet would read Markdown.
        ...content.body.flatMap((one: { type: string }) => (one.type === 'RichTextBlock' ? [] : [one.type])),
        ...runs.flatMap((one) => (one.type === 'TextRun' ? [] : [one.type])),
        ...lengthFaults(runs.map((one) => ['text', one.text, 3_000])),
        ...runs.flatMap(({ text }) =>
          [...text.matchAll(/:\/\/|www\.|mailto:|[\r\n]/g)].map(([found]) => found),
        ),
        ...actions.flatMap((one) => (one.type === 'Action.OpenUrl' && one.url === OWN_LINK ? [] : [one.url])),
      ]
    },
  })

  it('shows title, text, facts, lists, sparkline and links', async () => {
    const { url, received, close } = await startReceiver((response) => response.writeHead(202).end())
    await makeTeamsChannel({ name: 'ops', url }).send({
      ...sampleMessage,
      text: 'over **its** quota',
      lists: [{ title: 'Pushes', items: ['one', 'two'] }],
      sparkline: { title: 'Eight days', text: '▁▂▃' },
      links: [{ text: 'API', url: 'https://tallyman.example.com/' }],
    })
    close()
    const { content } = JSON.parse(received[0]?.body ?? '').attachments[0]
    const lines = content.body.map(({ inlines }: { inlines: Run[] }) =>
      inlines.map(({ text }) => text).join(''),
    )
    expect(lines).toEqual([
      'ci/team-a/app is close to its quota',
      'over **its** quota',
      ...['Usage 41.0 GiB', 'Quota 50.0 GiB', 'State ok → warning'],
      'Eight days ▁▂▃',
      ...['Pushes', '• one', '• two'],
      'quota.warning at 2026-05-01T10:00:00.000Z',
    ])
    expect(content.body[0].inlines[0]).toMatchObject({ color: 'Warning', weight: 'Bolder' })
    expect(content.actions).toEqual([
      { type: 'Action.OpenUrl', title: 'API', url: 'https://tallyman.example.com/' },
    ])
  })
})
