import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { printable } from '../../../src/platform/printable.ts'
import { sayFailure } from './toast.tsx'

/**
 * Asks before something is done, in the browser's own dialog: it keeps the focus and gives it back, and Escape closes it. `type`: a
 * text that must be typed first. If `run` fails, the dialog stays and says why. While `run` goes on, the dialog stays, too: nobody could
 * see otherwise how it ends.
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
  /** Called once the dialog is closed. */
  close: () => void
}) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [typed, setTyped] = useState('')
  const [failure, setFailure] = useState('')
  const [isRunning, setRunning] = useState(false)
  const isBusy = useRef(false)
  useEffect(() => dialog.current?.showModal(), [])
  // The browser gives the focus back to where it was only if the dialog is closed before it is taken away. `run` may have done that.
  const shut = () => (dialog.current === null ? close() : dialog.current.close())
  const submit = async (event: Event) => {
    event.preventDefault()
    if (isBusy.current) return
    isBusy.current = true
    setRunning(true)
    setFailure('')
    try {
      await run()
      shut()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      setFailure(why)
      // A browser closes a dialog at the second Escape whatever the page says.
      if (!dialog.current?.open) sayFailure(`${title} ${why}`)
    }
    isBusy.current = false
    setRunning(false)
  }
  return (
    <dialog
      ref={dialog}
      onClose={close}
      onCancel={(event) => {
        if (isBusy.current) event.preventDefault()
      }}
      aria-labelledby="confirm-title"
    >
      <form onSubmit={submit} aria-busy={isRunning}>
        <h2 id="confirm-title">{printable(title)}</h2>
        {children}
        {type !== undefined && (
          <label class="field">
            <span>
              Type <code>{printable(type)}</code> to go on
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
            {printable(failure)}
          </p>
        )}
        <div class="buttons">
          <button type="button" onClick={shut} disabled={isRunning}>
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
