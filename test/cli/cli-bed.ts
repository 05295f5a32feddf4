import type { Tries } from '../../src/cli/cli.ts'
import { run } from '../../src/cli/run.ts'
import { diagnose } from '../../src/compose/doctor.ts'
import { tryConnections } from '../../src/compose/try-connections.ts'

/** For commands that try no configuration. */
export const noTries: Tries = { async *tryConnections() {}, diagnose: async () => [] }

/** What a command printed, and its exit status. */
export const tallyman = (env: NodeJS.ProcessEnv, ...argv: string[]) => atTerminal(undefined, env, ...argv)

/** The same with a person who answers, or nobody. */
export async function atTerminal(
  ask: ((question: string) => Promise<string | undefined>) | undefined,
  env: NodeJS.ProcessEnv,
  ...argv: string[]
) {
  const printed = { out: '', err: '' }
  const terminal = {
    ...(ask && { ask }),
    out: (text: string) => {
      printed.out += text
    },
    err: (text: string) => {
      printed.err += text
    },
  }
  const status = await run(argv, env, terminal, { tryConnections, diagnose })
  return { status, ...printed }
}
