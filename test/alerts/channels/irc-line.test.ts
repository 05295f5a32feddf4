import fc from 'fast-check'
import { expect, it } from 'vitest'
import { cutBytes } from '../../../src/alerts/channels/cut-bytes.ts'
import { ircLine } from '../../../src/alerts/channels/irc-line.ts'
import { sampleMessage } from '../sample-alert.ts'

const anyText = fc.string({
  unit: fc.oneof(fc.constantFrom('\r', '\n', '\0', '\u0001', 'ann', ' '), fc.string({ unit: 'binary' })),
})

it('makes one line of a message, without control characters, in the bytes that there are', () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 30, max: 500 }), (text, most) => {
      const line = ircLine({ ...sampleMessage, text }, most, ['ann'])
      expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u)
      expect(line).not.toMatch(/(?<![\p{L}\p{N}])ann(?![\p{L}\p{N}])/iu)
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(most)
      expect(line).toMatch(/^\[warning\] /)
    }),
  )
})

it.each([
  ['ann pushed', ['ann'], 'a\u200bnn pushed'],
  ['ci/Ann/app', ['ann'], 'ci/A\u200bnn/app'],
  ['ci/team-ann', ['ann', 'team-ann'], 'ci/t\u200beam-ann'],
  ['anna, plan', ['ann'], 'anna, plan'],
  ['a[1] b.c', ['[1]', 'b.c'], 'a[1] b\u200b.c'],
  ['a b', ['a'], 'a b'],
])('hides in %j the nicks %j', (text, nicks, shown) => {
  expect(ircLine({ ...sampleMessage, text }, 400, nicks)).toBe(`[warning] ${shown}`)
})

it('hides a nick that is left of a longer word', () => {
  const text = `${'x '.repeat(9)}anna pushed something`
  for (let most = 30; most < 60; most++)
    expect(ircLine({ ...sampleMessage, text }, most, ['ann'])).not.toMatch(/ann(?!a)/)
})

it('cuts no character in two, and cuts only what is too long', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 3, max: 60 }), (text, most) => {
      const cut = cutBytes(text, most)
      if (Buffer.byteLength(text) <= most) return cut === text
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(most)
      expect(cut).toMatch(/…$/)
      expect(text.startsWith(cut.slice(0, -1))).toBe(true)
      expect(cut).not.toMatch(/\p{Cs}/u)
      return true
    }),
  )
})

it('ends with the first link, whole, if there is room for a text before it', () => {
  const link = (url: string) => ({ ...sampleMessage, text: 'x '.repeat(300), links: [{ text: 'More', url }] })
  expect(ircLine(link('https://t.example.com/a'), 100, [])).toMatch(
    /^\[warning\] (x )+.*… https:\/\/t.example.com\/a$/,
  )
  expect(ircLine(link(`https://t.example.com/${'a'.repeat(150)}`), 100, [])).toMatch(/…$/)
})
