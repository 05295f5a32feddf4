import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const module = new URL('../../src/platform/log.ts', import.meta.url).href
const code = `
  const { makeLog } = await import('${module}')
  const log = makeLog('info')
  log.info('first')
  log.info('last')
  process.exit(0)`

test('the last line that a process logs before it exits is the last in the log', async () => {
  // With asynchronous writes, the lines of about every second process change places.
  for (let n = 0; n < 8; n++) {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code])
    const messages = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).msg)
    expect(messages).toEqual(['first', 'last'])
  }
})
