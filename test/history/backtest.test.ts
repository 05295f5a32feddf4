import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { HISTORIES } from '../../lab/usage-histories.ts'
import { type Backtest, backtest } from './backtest.ts'

const docs = readFileSync(join(import.meta.dirname, '../../docs/quotas.md'), 'utf8')

const rowOf = (name: string, { growing, error, days, inBand }: Backtest) => {
  const round = (value: number) => value.toFixed(1)
  const ofDays = growing === 0 ? '– | –' : `${round(days.half)} | ${round(days.most)}`
  return `| ${name} | ${round(error.half)} | ${round(error.most)} | ${growing} | ${ofDays} | ${Math.round(inBand)} |`
}

test.each(Object.keys(HISTORIES))('docs/quotas.md states the errors of forecasts of "%s"', (name) => {
  expect(docs).toContain(rowOf(name, backtest(name)))
})

test('a flat history is not said to grow, and what grows without a break always is', () => {
  expect(backtest('flat').growing).toBe(0)
  for (const name of ['steady', 'weekly', 'sawtooth', 'cleanUp', 'faster'])
    expect(backtest(name).growing).toBe(200)
})
