import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { overridesFrom } from '../../src/config/environment.ts'
import { ConfigSchema } from '../../src/config/schema.ts'
import { QUEUE_NAMES } from '../../src/queue/jobs.ts'

const folder = join(import.meta.dirname, '../../deploy/systemd')
const units = readdirSync(folder).filter((file) => file.endsWith('.service'))
const read = (unit: string) => readFileSync(join(folder, unit), 'utf8')

/** The values of a key of a unit, in order. */
const valuesOf = (unit: string, key: string) =>
  [...read(unit).matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value)

const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0

describe.skipIf(!hasAnalyze)('systemd-analyze', () => {
  // `verify` looks whether the program is there, and a template needs an instance.
  const copies = mkdtempSync(join(tmpdir(), 'tallyman-units-'))
  afterAll(() => rmSync(copies, { recursive: true }))
  const program = join(copies, 'tallyman')
  writeFileSync(program, '#!/bin/sh\n')
  chmodSync(program, 0o755)
  const copyOf = (unit: string, change = (text: string) => text) => {
    // Alone in a folder: units that name each other are read, too.
    const copy = join(mkdtempSync(join(copies, 'unit-')), unit.replace('@', '@1'))
    writeFileSync(copy, change(read(unit).replace('ExecStart=tallyman', `ExecStart=${program}`)))
    return copy
  }
  const analyze = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync('systemd-analyze', [...args, '--no-pager'])
    return { status, words: `${stdout}${stderr}` }
  }

  test.each(units)('%s is understood whole', (unit) => {
    expect(analyze('verify', '--man=no', copyOf(unit))).toEqual({ status: 0, words: '' })
    const wrong = copyOf(unit, (text) => text.replace('PrivateTmp', 'PrivateTemp'))
    expect(analyze('verify', '--man=no', wrong).words).toContain('PrivateTemp')
  })

  test.each(units)('%s exposes 1.5 of 10 at most', (unit) => {
    const exposure = (file: string) => analyze('security', '--offline=yes', '--threshold=15', file)
    expect(exposure(copyOf(unit))).toMatchObject({ status: 0 })
    const open = copyOf(unit, (text) => text.replaceAll(/^(Protect|Private|Restrict|System).*$/gm, ''))
    expect(exposure(open).status).not.toBe(0)
  })
})

test('the units differ only in what they run and in their secrets', () => {
  expect(units).toHaveLength(3)
  const sandbox = (unit: string) => read(unit).split('# What it may not do.')[1]
  for (const unit of units) {
    expect(sandbox(unit)).toBe(sandbox('tallyman.service'))
    // Otherwise the redis-server that Tallyman has started would be stopped while jobs are in hand.
    expect(valuesOf(unit, 'KillMode')).toEqual(['mixed'])
    expect(Number.parseInt(valuesOf(unit, 'TimeoutStopSec')[0] ?? '', 10)).toBeGreaterThan(30)
  }
})

test('every variable is a key of the configuration, and every credential that one names is loaded', () => {
  for (const unit of units) {
    const environment = Object.fromEntries(valuesOf(unit, 'Environment').map((entry) => entry.split('=')))
    expect(overridesFrom(environment, ConfigSchema, {}).unknown).toEqual([])
    const loaded = valuesOf(unit, 'LoadCredential').map((entry) => `%d/${entry.split(':')[0]}`)
    const named = Object.values(environment).filter((value) => String(value).startsWith('%d/'))
    expect(loaded.length).toBeGreaterThan(1)
    expect(named.toSorted()).toEqual(loaded.toSorted())
  }
})

test('they run what `tallyman start` knows', () => {
  const started = units.flatMap((unit) => valuesOf(unit, 'ExecStart'))
  expect(started.toSorted()).toEqual(['tallyman start', 'tallyman start $QUEUES', 'tallyman start api'])
  expect(valuesOf('tallyman-worker@.service', 'Environment')).toContain('QUEUES=workers')
  const text = read('tallyman-worker@.service') + readFileSync(join(folder, '../../docs/systemd.md'), 'utf8')
  const examples = [...text.matchAll(/QUEUES=([a-z]+(?: [a-z]+)+)/g)].map(([, queues = '']) => queues)
  expect(examples.length).toBeGreaterThan(1)
  for (const queue of examples.flatMap((queues) => queues.split(' '))) expect(QUEUE_NAMES).toContain(queue)
})
