import { run } from '../../src/cli/run.ts'
import { diagnose } from '../../src/compose/doctor.ts'
import { tryConnections } from '../../src/compose/try-connections.ts'

/** What a command printed, and its exit status. */
export async function tallyman(env: NodeJS.ProcessEnv, ...argv: string[]) {
  const printed = { out: '', err: '' }
  const write = {
    out: (text: string) => {
      printed.out += text
    },
    err: (text: string) => {
      printed.err += text
    },
  }
  const status = await run(argv, env, write, { tryConnections, diagnose })
  return { status, ...printed }
}
