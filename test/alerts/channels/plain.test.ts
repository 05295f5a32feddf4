import fc from 'fast-check'
import { expect, it } from 'vitest'
import { cut, escapeMarkdown, escapeMarkup, inertLine, line } from '../../../src/alerts/channels/plain.ts'

const anyText = fc.string({
  unit: fc.oneof(fc.constantFrom(...'&<>*@\\ \n😀'), fc.string({ unit: 'binary' })),
})
const escapes = fc.constantFrom(escapeMarkdown, escapeMarkup, (character: string) => character)

it('gives a line that is not empty, not too long and has no half characters', () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 10, max: 60 }), escapes, (text, limit, escapeOne) => {
      const shown = line(text, limit, escapeOne)
      expect(shown.length).toBeGreaterThan(0)
      expect(shown.length).toBeLessThanOrEqual(limit)
      expect(shown.isWellFormed()).toBe(true)
      expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
    }),
  )
})

it('cuts nothing that fits, and otherwise between escaped characters', () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 40 }), escapes, (text, limit, escapeOne) => {
      const whole = [...text].map(escapeOne).join('')
      const shown = cut(text, limit, escapeOne)
      if (whole.length <= limit) expect(shown).toBe(whole)
      else {
        expect(shown.endsWith('…')).toBe(true)
        const starts = [...text].map((_, at) => [...text].slice(0, at).map(escapeOne).join(''))
        expect(starts).toContain(shown.slice(0, -1))
      }
    }),
  )
})

it('escapes every control character of Slack and HTML, and loses nothing', () => {
  fc.assert(
    fc.property(anyText, (original) => {
      const escaped = [...original].map(escapeMarkup).join('')
      expect(escaped).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/)
      const back = { '&amp;': '&', '&lt;': '<', '&gt;': '>' }
      expect(Object.entries(back).reduceRight((all, [from, to]) => all.replaceAll(from, to), escaped)).toBe(
        original,
      )
    }),
  )
})

it.each([
  ['@all', '@\u200ball'],
  ['a@sha256:0123', 'a@sha256:0123'],
  ['https://x', 'https:\u200b//x'],
  ['WWW.x mailto:a', 'WWW\u200b.x mailto\u200b:a'],
  ['team-a/app:pr-1 10:00:00', 'team-a/app:pr-1 10:00:00'],
])('breaks a mention and a link, and nothing else: %s', (text, broken) => {
  expect(inertLine(text, 100)).toBe(broken)
})
