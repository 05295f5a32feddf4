import { execFile } from 'node:child_process'
import { promisify, stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { forPeople, makeLog } from '../../src/platform/log.ts'

/** Each makes a terminal do something, or hides or reorders text: ESC, CSI, DEL, a bidirectional override, a lone surrogate. */
const HOSTILE = '\u001b[2J\u009b31m\u007f\u202eevil\u2028\ud800'
const ESCAPED = String.raw`\u{1b}[2J\u{9b}31m\u{7f}\u{202e}evil\u{2028}\u{d800}`
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

function collect() {
  const lines: string[] = []
  return { lines, output: { write: (line: string) => lines.push(line) > 0 } }
}

function logged(): { log: ReturnType<typeof makeLog>; last: () => Record<string, unknown>; lines: string[] } {
  const { lines, output } = collect()
  return { log: makeLog('info', output), last: () => JSON.parse(lines.at(-1) ?? ''), lines }
}

test('levels have names and times are RFC 3339', () => {
  const { log, last } = logged()
  log.warn({ bytes: 1 }, 'text')
  const { time, ...rest } = last()
  expect(rest).toMatchObject({ level: 'warn', bytes: 1, msg: 'text' })
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
})

test('a field that may hold a secret is redacted, and of a command of Redis only its name is logged', () => {
  const { log, last } = logged()
  const command = { name: 'evalsha', args: ['who pushed what'] }
  log.info({ registry: { token: 'abc' }, err: Object.assign(new Error('no'), { command }) }, 'text')
  expect(last()).toMatchObject({ registry: { token: '[redacted]' }, err: { command: 'evalsha' } })
})

test.each([
  ['the message', (log, text) => log.info(text), ({ msg }) => msg],
  ['a field', (log, text) => log.info({ tag: text }, 'x'), ({ tag }) => tag],
  ['a nested list', (log, text) => log.info({ a: { b: [text] } }, 'x'), ({ a }) => a.b[0]],
  ['the name of a field', (log, text) => log.info({ a: { [text]: 1 } }, 'x'), ({ a }) => Object.keys(a)[0]],
  ['a field of a child', (log, text) => log.child({ id: text }).info('x'), ({ id }) => id],
  ['an error', (log, text) => log.info({ err: new Error(text) }, 'x'), ({ err }) => err.message],
] as [
  string,
  (log: ReturnType<typeof makeLog>, text: string) => void,
  // biome-ignore lint/suspicious/noExplicitAny: each row reads another field.
  (line: any) => string,
][])('text from outside is escaped in %s', (_, write, read) => {
  const { log, last, lines } = logged()
  write(log, HOSTILE)
  expect(read(last())).toBe(ESCAPED)
  expect(lines.join('').trimEnd()).not.toMatch(UNPRINTABLE)
})

test('backslashes, quotes and other scripts stay as they are, whatever stands before them', () => {
  const { log, last } = logged()
  for (const text of ['\\u001b', '\\\\n', '"\\"', 'grüße 日本 😀', '\\', 'a\\\u001bb']) {
    log.info({ text }, text)
    const { msg, text: field } = last()
    expect([msg, field]).toEqual([text, text].map((one) => one.replace('\u001b', '\\u{1b}')))
  }
})

test('on a terminal: a line for each message, no row that the text of another forged, and stacks with their lines', () => {
  const { lines, output } = collect()
  const log = makeLog('info', forPeople(output))
  log.info({ bytes: 12, tag: HOSTILE }, `pushed ${HOSTILE}\n[2026-01-01T00:00:00.000Z] INFO: forged`)
  expect(lines).toHaveLength(1)
  expect(lines[0]?.split('\n')).toHaveLength(2)
  expect(lines[0]).toMatch(/^\[\d{4}-\d\d-\d\dT[\d:.]+Z\] INFO: pushed .*"bytes":12/)
  expect(lines[0]?.trimEnd()).not.toMatch(UNPRINTABLE)
  log.error({ err: new Error('first\nsecond', { cause: new Error('deeper') }) }, 'failed')
  expect(lines[1]).toMatch(/ERROR: failed *\n/)
  expect(lines[1]).toMatch(/^ +at /m)
  expect(lines[1]).toMatch(/^ +caused by: Error: deeper/m)
  expect(lines[1]).not.toMatch(/^ *second/m)
})

/** Runs a program that logs one line, on a terminal of its own (util-linux). */
async function onTerminal(env: NodeJS.ProcessEnv): Promise<string> {
  const log = new URL('../../src/platform/log.ts', import.meta.url)
  const program = `import { makeLog } from '${log}'; makeLog('info').info({ bytes: 12 }, 'pushed')`
  const command = `${process.execPath} --input-type=module -e "${program}"`
  const { NO_COLOR, FORCE_COLOR, ...outside } = process.env
  const options = { env: { ...outside, TERM: 'xterm', ...env } }
  return (await promisify(execFile)('script', ['-qec', command, '/dev/null'], options)).stdout
}

test('standard output is for people if it is a terminal, with colours unless NO_COLOR is set', async () => {
  const coloured = await onTerminal({})
  expect(stripVTControlCharacters(coloured)).toMatch(/^\[20\S+Z\] INFO: pushed \{"bytes":12\}\s*$/)
  expect(stripVTControlCharacters(coloured)).not.toBe(coloured)
  expect(await onTerminal({ NO_COLOR: '1' })).toMatch(/^\[20\S+Z\] INFO: pushed \{"bytes":12\}\s*$/)
})
