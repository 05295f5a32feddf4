import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

/**
 * Asks before something is done, in the browser's own dialog: it keeps the focus, and Escape closes it. `type`: a text that must be
 * typed first. If `run` fails, the dialog stays and says why.
 */
export function Confirm({
  title,
  children,
  action,
  type,
  isDangerous = false,
  run,
  close,
}: {
  title: string
  children?: ComponentChildren
  /** What the button says: a verb. */
  action: string
  type?: string
  isDangerous?: boolean
  run: () => Promise<unknown>
  close: () => void
}) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [typed, setTyped] = useState('')
  const [failure, setFailure] = useState('')
  const [isRunning, setRunning] = useState(false)
  useEffect(() => dialog.current?.showModal(), [])
  const submit = async (event: Event) => {
    event.preventDefault()
    setRunning(true)
    setFailure('')
    try {
      await run()
      close()
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error))
      setRunning(false)
    }
  }
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="confirm-title">
      <form onSubmit={submit}>
        <h2 id="confirm-title">{title}</h2>
        {children}
        {type !== undefined && (
          <label class="field">
            <span>
              Type <code>{type}</code> to go on
            </span>
            <input
              value={typed}
              onInput={(event) => setTyped(event.currentTarget.value)}
              autocomplete="off"
            />
          </label>
        )}
        {failure && (
          <p class="notice notice-bad" role="alert">
            {failure}
          </p>
        )}
        <div class="buttons">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button
            type="submit"
            class={isDangerous ? 'primary dangerous' : 'primary'}
            disabled={isRunning || (type !== undefined && typed !== type)}
          >
            {action}
          </button>
        </div>
      </form>
    </dialog>
  )
}
