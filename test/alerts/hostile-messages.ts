import type { Message } from '../../src/alerts/message.ts'
import { sampleMessage } from './sample-alert.ts'

/** The only link of a hostile message that comes from Tallyman. */
export const OWN_LINK = 'https://tallyman.example.com/projects/ci'

/** What names from registries, logins and people could hold. */
const TEXTS = {
  'mentions of people':
    '@all @channel @here @everyone <!channel> <!here|x> <@U012AB3CD> <@&123> <@123> <#C012AB3CD> <!subteam^S1> <users/all> ~town-square @[1] @evil:example.org',
  links:
    '[click](https://evil.example.com/) <https://evil.example.com/|click> <a href="https://evil.example.com/">x</a> https://evil.example.com/ http://evil.example.com www.evil.example.com mailto:a@evil.example.com ![i](https://evil.example.com/i.png)',
  markup:
    '*a* _b_ ~c~ **d** __e__ ~~f~~ `g` ```h``` # i > j - k | l | :smile: ||m|| <b>n</b> &lt;o&gt; {{p}} $q$ \\*r\\*',
  'field break-outs': `"},"x":{"a":"b" \\" ' <at>x</at> ]]> --> \${x} {{x}} %s %0d%0a`,
  'control characters':
    'a\r\nBcc: evil@example.com\r\n\r\nPRIVMSG #x :y\n\u0000\u0007\u001b[31m\u202e\u2028\u200b\ud800 end',
  '10,000 letters': 'x'.repeat(10_000),
  '10,000 characters that are escaped': '&<*@'.repeat(2_500),
  '10,000 emojis': '😀'.repeat(10_000),
  'no characters': '',
  'only spaces': '   ',
}

/** Messages in which every text is hostile, and that are longer than any channel can show. */
export const hostileMessages: readonly (readonly [string, Message])[] = Object.entries(TEXTS).map(
  ([name, text]) => [
    name,
    {
      ...sampleMessage,
      id: `hostile_${name.replaceAll(/\W/g, '_')}`,
      subject: text,
      ...{ text, title: text },
      facts: Array(60).fill({ label: text, value: text }),
      lists: Array(30).fill({ title: text, items: Array(60).fill(text) }),
      sparkline: { title: text, text: '▁▂▃▄▅▆▇█' },
      links: [{ text, url: OWN_LINK }],
    },
  ],
)
