/** The steps of a collection that are the site's own. */
export const HOOK_NAMES = ['readOnlyOn', 'collect', 'flushCache', 'readOnlyOff'] as const
export type HookName = (typeof HOOK_NAMES)[number]

/** A hook did not succeed. The message names no secret. */
export class HookFailed extends Error {
  override readonly name = 'HookFailed'
  /** The end of what it printed or answered, for people. */
  readonly output: string
  constructor(message: string, output = '') {
    super(message)
    this.output = output
  }
}

/** What a hook is called for. */
export interface HookCall {
  registry: string
  /** The id of the collection. */
  run: string
  hook: HookName
  /** Ends it before its time. */
  signal?: AbortSignal | undefined
  /**
   * Called with the group of processes of a program before the program does anything. If it throws, the program is not run.
   */
  onGroup?: ((group: number) => Promise<void>) | undefined
}

/** Calls a hook. Gives the end of what it printed or answered. @throws HookFailed */
export type Hook = (call: HookCall) => Promise<string>

/** What is kept of what a hook prints or answers, in characters: its end. */
export const OUTPUT_LIMIT = 4_000
