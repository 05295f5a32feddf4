import { run } from '../../src/cli/run.ts'

/** What a command printed, and its exit status. */
export async function tallyman(env: NodeJS.ProcessEnv, ...argv: string[]) {
  const printed = { out: '', err: '' }
  const status = await run(argv, env, {
    out: (text) => {
      printed.out += text
    },
    err: (text) => {
      printed.err += text
    },
  })
  return { status, ...printed }
}
