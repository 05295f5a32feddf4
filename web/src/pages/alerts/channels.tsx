import { useState } from 'preact/hooks'
import { followJob } from '../../api/follow-job.ts'
import { type Answer, post } from '../../api/request.ts'
import { useGet } from '../../api/use-get.ts'
import { Empty } from '../../parts/empty.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { say } from '../../parts/toast.tsx'
import { useStay } from '../../parts/use-stay.ts'
import { may } from '../../session.ts'
import { ResultBadge } from './deliveries.tsx'

type Channel = Answer<'/v1/alerts/channels'>['channels'][number]

/** The channels as configured, what each was sent last, and a try of each. */
export function Channels() {
  const channels = useGet('/v1/alerts/channels', {}, { everyMs: 15_000 })
  return (
    <Loaded of={channels}>
      {({ channels: all }) =>
        all.length === 0 ? (
          <Empty title="No channel is configured">
            Alerts are recorded here, and nobody is told. Add one under <code>alerts.channels</code> in the
            configuration.
          </Empty>
        ) : (
          <div class="panels">
            {all.map((channel) => (
              <ChannelPanel key={channel.name} channel={channel} reload={channels.reload} />
            ))}
          </div>
        )
      }
    </Loaded>
  )
}

function ChannelPanel({ channel, reload }: { channel: Channel; reload: () => void }) {
  const [state, setState] = useState<{ is: 'idle' | 'trying' } | { is: 'failed'; why: string }>({
    is: 'idle',
  })
  const signal = useStay()
  const { name, type, projects, kinds, severity, isQuiet, last } = channel
  async function tryIt() {
    setState({ is: 'trying' })
    try {
      const { job } = await post('/v1/alerts/channels/{name}/test', { path: { name } })
      const ended = await followJob(job, { signal })
      if (ended === undefined) return
      const { state, failedReason } = ended
      setState(state === 'completed' ? { is: 'idle' } : { is: 'failed', why: failedReason ?? 'it failed' })
      if (state === 'completed') say(`${name} accepted the test message`)
      reload()
    } catch (error) {
      setState({ is: 'failed', why: error instanceof Error ? error.message : String(error) })
    }
  }
  return (
    <section class="panel">
      <h2>
        {name} <span class="badge">{type}</span> {isQuiet && <span class="badge">quiet hours</span>}
      </h2>
      <dl class="facts">
        <dt>Projects</dt>
        <dd>{projects.includes('**') ? 'all' : projects.join(', ')}</dd>
        <dt>Alerts</dt>
        <dd>
          {kinds.includes('*') ? 'all' : kinds.join(', ') || 'only escalations'}
          {severity !== 'info' && `, ${severity} and above`}
        </dd>
        <dt>Sent last</dt>
        <dd>
          {last ? (
            <>
              <Time at={last.at} /> <ResultBadge result={last.result} />
              {last.answer && (
                <div class="hint">
                  <Said text={last.answer} />
                </div>
              )}
            </>
          ) : (
            'nothing yet'
          )}
        </dd>
      </dl>
      {state.is === 'failed' && (
        <p class="notice notice-bad" role="alert">
          The test failed: <Said text={state.why} />
        </p>
      )}
      {may('admin') && (
        <div class="buttons">
          <button type="button" onClick={tryIt} disabled={state.is === 'trying'}>
            {state.is === 'trying' ? 'Sending…' : 'Send a test message'}
          </button>
        </div>
      )}
    </section>
  )
}
