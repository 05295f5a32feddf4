import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { post } from '../../api/request.ts'
import { useGet } from '../../api/use-get.ts'
import { useQuery } from '../../parts/use-query.ts'
import { numbersOf, type WrittenPolicy, withNumber } from '../plan/plan-numbers.ts'

/** Starts a replay of a policy, and of the same with the number that the plan tries. `running`: the id of one that goes on. */
export function Start({ running }: { running: string | undefined }) {
  const { route } = useLocation()
  const [query, change] = useQuery()
  const [since, setSince] = useState('30d')
  const [failure, setFailure] = useState('')
  const { data } = useGet('/v1/expiry/policies')
  const policies = (data?.policies ?? []) as readonly { name: string; policy: WrittenPolicy }[]
  const chosen = policies.find(({ name }) => name === query.policy) ?? policies[0]
  const number = chosen && numbersOf(chosen.policy).find(({ rule, key }) => `${rule}.${key}` === query.number)
  const tried = number && query.value && query.value !== number.value ? query.value : undefined
  if (data && policies.length === 0)
    return (
      <p class="hint">
        No policy is configured. <code>tallyman replay --policy FILE</code> tries one.
      </p>
    )
  async function start(event: Event) {
    event.preventDefault()
    if (chosen === undefined) return
    setFailure('')
    const changed =
      number && tried
        ? [{ ...withNumber(chosen.policy, number, tried), name: `${chosen.name}-with-${tried}` }]
        : []
    try {
      const { replay } = await post('/v1/replays', {
        body: { policies: [chosen.name, ...changed], since: since.trim() },
      })
      route(`/replay/${replay}`)
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <section class="panel" aria-labelledby="start">
      <h2 id="start">Replay a policy</h2>
      <form class="filters" onSubmit={start}>
        <label>
          <span class="hint">Policy </span>
          <select
            value={chosen?.name ?? ''}
            onChange={(event) => change({ policy: event.currentTarget.value, number: '', value: '' })}
          >
            {policies.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          <span class="hint">Since </span>
          <input
            required
            size={12}
            value={since}
            onInput={(event) => setSince(event.currentTarget.value)}
            aria-describedby="since-hint"
          />
        </label>
        {running === undefined ? (
          <button type="submit" class="primary" disabled={chosen === undefined}>
            Replay
          </button>
        ) : (
          <a href={`/replay/${running}`}>One runs: look at it</a>
        )}
      </form>
      {number && tried && (
        <p>
          Beside it, the same with {number.label} <strong>{tried}</strong> instead of {number.value}.
        </p>
      )}
      <p class="hint" id="since-hint">
        30d, or a day such as 2026-11-01. It reads only, and may take minutes.
      </p>
      {failure && (
        <p class="notice notice-bad" role="alert">
          {failure}
        </p>
      )}
    </section>
  )
}
