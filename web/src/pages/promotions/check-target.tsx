import { useState } from 'preact/hooks'
import { type Answer, ApiError, get } from '../../api/request.ts'
import { Failure } from '../../parts/failure.tsx'
import { Said } from '../../parts/said.tsx'

type Check = Answer<'/v1/promotions/{id}/check'>

/** Asks the target whether it still has what the receipt says, and offers the receipt as files. */
export function CheckTarget({ id }: { id: string }) {
  const [check, setCheck] = useState<Check>()
  const [error, setError] = useState<ApiError>()
  const [isBusy, setBusy] = useState(false)
  const path = { id }

  async function attempt(act: () => Promise<unknown>): Promise<void> {
    setBusy(true)
    setError(undefined)
    await act().catch((failure: Error) =>
      setError(failure instanceof ApiError ? failure : new ApiError(0, failure.message)),
    )
    setBusy(false)
  }
  const look = () => attempt(async () => setCheck(await get('/v1/promotions/{id}/check', { path })))
  const envelope = () =>
    attempt(async () => download(`${id}.intoto.json`, await get('/v1/promotions/{id}/envelope', { path })))
  const receipt = () =>
    attempt(async () => download(`${id}.json`, await get('/v1/promotions/{id}/receipt', { path })))

  return (
    <section class="panel">
      <h2>Receipt</h2>
      {error && <Failure error={error} />}
      {check && (
        <div class={`notice ${check.differences.length > 0 ? 'notice-bad' : ''}`} role="status">
          {check.differences.length === 0 ? (
            <p>The target has what the receipt says.</p>
          ) : (
            <ul class="digests">
              {check.differences.map((difference) => (
                <li key={difference}>
                  <Said text={difference} />
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
      <div class="receipt-buttons">
        <button type="button" disabled={isBusy} onClick={look}>
          Check against the target
        </button>
        <button type="button" disabled={isBusy} onClick={receipt}>
          Receipt as JSON
        </button>
        <button type="button" disabled={isBusy} onClick={envelope}>
          Signed envelope
        </button>
      </div>
    </section>
  )
}

/** Gives the browser a file. */
function download(name: string, value: unknown): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(value, null, 2)], { type: 'application/json' }))
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  link.click()
  URL.revokeObjectURL(url)
}
