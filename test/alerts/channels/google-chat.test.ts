import { describe, expect, it } from 'vitest'
import { makeGoogleChatChannel } from '../../../src/alerts/channels/google-chat.ts'
import { OWN_LINK } from '../hostile-messages.ts'
import { startReceiver } from '../receiver.ts'
import { sampleMessage } from '../sample-alert.ts'
import { httpChannelContract, lengthFaults } from './http-contract.ts'

const REPLY = 'messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD'

interface Widget {
  textParagraph?: { text: string }
  decoratedText?: { topLabel: string; text: string }
  buttonList?: { buttons: { text: string; onClick: { openLink: { url: string } } }[] }
}

describe('a Google Chat channel', () => {
  httpChannelContract({
    open: (url) => makeGoogleChatChannel({ name: 'ops', url }),
    faults({ body, path }) {
      const { cardsV2, thread, fallbackText, ...rest } = JSON.parse(body)
      const { header, sections } = cardsV2[0].card
      const widgets: Widget[] = sections[0].widgets
      const html = widgets.flatMap(({ textParagraph, decoratedText }) =>
        [textParagraph?.text, decoratedText?.text].filter((text) => text !== undefined),
      )
      const buttons = widgets.flatMap(({ buttonList }) => buttonList?.buttons ?? [])
      const plain = [header.title, header.subtitle, fallbackText, ...buttons.map(({ text }) => text)]
      return [
        // `text` could mention people.
        ...Object.keys(rest),
        ...(path?.endsWith(`?${REPLY}`) ? [] : ['no reply option']),
        ...(/^\w{1,4000}$/.test(thread.threadKey) ? [] : ['no thread']),
        ...(Buffer.byteLength(body) > 32_000 ? [`${Buffer.byteLength(body)} bytes`] : []),
        ...(widgets.length > 100 ? [`${widgets.length} widgets`] : []),
        ...lengthFaults([...html, ...plain].map((text) => ['text', text, 4_096])),
        ...html.flatMap((text) =>
          [...text.replaceAll(/<\/?b>/g, '').matchAll(/[<>]|&(?!amp;|lt;|gt;)/g)].map(([found]) => found),
        ),
        ...[...html, ...plain].flatMap((text) =>
          [...text.matchAll(/:\/\/|www\.|mailto:/g)].map(([found]) => found),
        ),
        ...buttons.flatMap(({ onClick: { openLink } }) => (openLink.url === OWN_LINK ? [] : [openLink.url])),
      ]
    },
  })

  it('shows title, text, facts, lists, sparkline and links, with messages of a subject in one thread', async () => {
    const { url, received, close } = await startReceiver((response) => response.end('{}'))
    const channel = makeGoogleChatChannel({ name: 'ops', url: `${url}?key=k&token=t` })
    const message = {
      ...sampleMessage,
      text: 'a < b',
      lists: [{ title: 'Pushes', items: ['one', 'two'] }],
      sparkline: { title: 'Eight days', text: '▁▂▃' },
      links: [{ text: 'API', url: 'https://tallyman.example.com/' }],
    }
    await channel.send(message)
    await channel.send({ ...message, id: 'alert_02', subject: 'other' })
    await channel.send({ ...message, id: 'alert_03' })
    close()
    expect(received[0]?.path).toBe(`/services/s3cret?key=k&token=t&${REPLY}`)
    const [first, other, third] = received.map(({ body }) => JSON.parse(body))
    expect(first).toMatchObject({
      fallbackText: 'a < b',
      cardsV2: [
        {
          card: {
            header: { title: 'ci/team-a/app is close to its quota' },
            sections: [
              {
                widgets: [
                  { textParagraph: { text: 'a &lt; b' } },
                  { decoratedText: { topLabel: 'Usage', text: '41.0 GiB' } },
                  { decoratedText: { topLabel: 'Quota', text: '50.0 GiB' } },
                  { decoratedText: { topLabel: 'State', text: 'ok → warning' } },
                  { decoratedText: { topLabel: 'Eight days', text: '▁▂▃' } },
                  { textParagraph: { text: '<b>Pushes</b>\n• one\n• two' } },
                  {
                    buttonList: {
                      buttons: [
                        { text: 'API', onClick: { openLink: { url: 'https://tallyman.example.com/' } } },
                      ],
                    },
                  },
                ],
              },
            ],
          },
        },
      ],
    })
    expect(third.thread).toEqual(first.thread)
    expect(other.thread).not.toEqual(first.thread)
  })
})
