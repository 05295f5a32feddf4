import type { Dispatcher } from 'undici'
import { makeCommandHook } from './command-hook.ts'
import type { Hook } from './hook.ts'
import { makeWebhookHook } from './webhook-hook.ts'

/** A hook as the configuration has it: one of `command` and `url` is there. `timeout` in ms. */
export interface HookConfig {
  command?: readonly string[] | undefined
  env: readonly string[]
  url?: string | undefined
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  authorization?: string | undefined
  secret?: string | undefined
  timeout: number
}

/** Makes a hook as configured. */
export function makeHook(
  { command, url, ...config }: HookConfig,
  deps: { environment: NodeJS.ProcessEnv; dispatcher?: Dispatcher | undefined },
): Hook {
  if (command !== undefined) return makeCommandHook({ ...config, command }, deps.environment)
  if (url === undefined) throw new Error('a hook needs a command or a url')
  return makeWebhookHook({ ...config, url, dispatcher: deps.dispatcher })
}
