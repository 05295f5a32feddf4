import { execFile, execFileSync } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, readApi, startSampleService } from './sample-service.ts'

/** The scripts in real shells. A command `tallyman` on the path is that of this checkout. */
const run = promisify(execFile)
const MAIN = join(import.meta.dirname, '../../src/cli/main.ts')
let folder: string
let env: NodeJS.ProcessEnv
let service: Awaited<ReturnType<typeof startSampleService>>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-shells-'))
  const command = join(folder, 'tallyman')
  await writeFile(command, `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`)
  await chmod(command, 0o755)
  await writeFile(join(folder, 'some-file.yaml'), '')
  const api: Api = await readApi()
  service = await startSampleService(api, {
    'GET /v1/names': {
      ...{ registries: ['ci', 'production', 'x$(touch evil)'], groups: [], channels: ['ops'] },
      ...{ expiryPolicies: ['branches'], promotionRules: [] },
    },
    'GET /v1/projects': { projects: [{ id: 'ci/team/app' }], next: null },
  })
  env = {
    ...{ PATH: `${folder}${delimiter}${process.env.PATH}`, HOME: folder, TERM: 'dumb' },
    ...{ TALLYMAN_URL: service.url, TALLYMAN_TOKEN: 'token' },
  }
})
afterAll(async () => {
  await service.close()
  await rm(folder, { recursive: true })
})

function has(shell: string): boolean {
  try {
    execFileSync(shell, ['-c', 'true'])
    return true
  } catch {
    process.stderr.write(`${shell} is not installed: its completion is not tried\n`)
    return false
  }
}

/** What a shell offers for each line, in the order of the lines. */
type Offers = (lines: readonly string[]) => Promise<string[][]>

const bash: Offers = async (lines) => {
  const script = `
    source <(tallyman completion bash)
    ask() {
      COMP_LINE=$1 COMP_POINT=\${#1}
      read -ra COMP_WORDS <<<"$1"
      [[ $1 == *' ' ]] && COMP_WORDS+=('')
      COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
      _tallyman
      printf '%s\\n' "\${COMPREPLY[@]}" ---
    }
    ${lines.map((line) => `ask '${line}'`).join('\n')}
    complete -p tallyman`
  const { stdout, stderr } = await run('bash', ['--norc', '--noprofile', '-c', script], { env, cwd: folder })
  expect(stderr).toBe('')
  return stdout.split('---\n').slice(0, -1).map(words)
}

const fish: Offers = async (lines) => {
  const script = `tallyman completion fish | source
    ${lines.map((line) => `complete -C '${line}'; echo ---`).join('\n')}`
  const { stdout, stderr } = await run('fish', ['--no-config', '-c', script], { env, cwd: folder })
  expect(stderr).toBe('')
  return stdout.split('---\n').slice(0, -1).map(words)
}

/** The widget of zsh works in a terminal only; so what `_describe` is given is looked at. */
const zsh: Offers = async (lines) => {
  const script = `
    autoload -Uz compinit && compinit -u -D
    source <(tallyman completion zsh)
    _describe() { print -l -- \${(P)2} }
    _files() { print -l -- * }
    ask() {
      words=("\${(@s: :)1}")
      CURRENT=$#words
      _tallyman
      print -- ---
    }
    ${lines.map((line) => `ask '${line}'`).join('\n')}
    [[ $_comps[tallyman] == _tallyman ]] || print -u2 'it is not registered'`
  const { stdout, stderr } = await run('zsh', ['-f', '-c', script], { env, cwd: folder })
  expect(stderr).toBe('')
  return stdout
    .split('---\n')
    .slice(0, -1)
    .map((text) => words(text).map((one) => one.replace(/([^\\]):.*/, '$1').replaceAll('\\:', ':')))
}

const words = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.split('\t')[0] ?? '')
    .filter((word) => word !== '')

const LINES = [
  'tallyman snapsh',
  'tallyman snapshot ',
  'tallyman reconcile ',
  'tallyman usage ci/',
  'tallyman --output j',
  'tallyman quota show --reg',
]
const OFFERED = [
  ['snapshot'],
  ['list', 'restore', 'write'],
  ['ci', 'production'],
  ['ci/team/app'],
  ['json'],
  ['--registry'],
]

test.runIf(has('bash'))('bash offers what may stand next', async () => {
  expect((await bash(LINES)).map((some) => some.toSorted())).toEqual(OFFERED)
  // Bash takes words apart at = and : and puts in only what follows.
  expect(await bash(['tallyman flags --kind=p'])).toEqual([['project']])
  expect(await bash(['tallyman config check '])).toEqual([[]])
})

test.runIf(has('fish'))('fish offers what may stand next', async () => {
  expect((await fish(LINES)).map((some) => some.toSorted())).toEqual(OFFERED)
  expect(await fish(['tallyman flags --kind=p'])).toEqual([['--kind=project']])
  expect(await fish(['tallyman config check some'])).toEqual([['some-file.yaml']])
})

test.runIf(has('zsh'))('zsh offers what may stand next', async () => {
  expect((await zsh(LINES)).map((some) => some.toSorted())).toEqual(OFFERED)
  expect(await zsh(['tallyman config check '])).toEqual([expect.arrayContaining(['some-file.yaml'])])
})

test('without a service nothing is said, and names are left out', async () => {
  const alone = { ...env, TALLYMAN_URL: 'http://127.0.0.1:1' }
  const { stdout, stderr } = await run('tallyman', ['__complete', '--', 'reconcile', ''], { env: alone })
  expect([stdout, stderr]).toEqual(['', ''])
})
