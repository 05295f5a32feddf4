import { useEffect, useState } from 'preact/hooks'
import { followJob } from '../../api/follow-job.ts'
import { post } from '../../api/request.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Said } from '../../parts/said.tsx'
import { say } from '../../parts/toast.tsx'
import { useStay } from '../../parts/use-stay.ts'
import { seesAll } from '../../session.ts'
import {
  type BrokenImage,
  failureOf,
  imageName,
  partName,
  type RepairResult,
  successOf,
  wrongFilesOf,
} from './broken-text.ts'

/** Looks where a whole copy is, and puts content of an image back from there. It says how that ended. */
export function Repair({ image, done, close }: { image: BrokenImage; done: () => void; close: () => void }) {
  const [from, setFrom] = useState('')
  const [found, setFound] = useState<RepairResult | Error>()
  const signal = useStay()
  // Without sight of all projects, the service looks for no copy: the place must be named.
  const looks = seesAll()
  const wrong = wrongFilesOf(image)

  /** @throws ApiError, or Error if the job failed */
  async function ask(body: { dryRun: boolean; from?: string }): Promise<RepairResult | undefined> {
    const { registry, repository, digest } = image
    const { job } = await post('/v1/broken-images/repair', {
      body: { image: `${registry}/${repository}@${digest}`, ...body },
    })
    const ended = await followJob(job, { signal })
    if (ended?.state === 'failed') throw new Error(ended.failedReason ?? 'The repair failed.')
    return ended?.result as RepairResult | undefined
  }
  useEffect(() => {
    if (looks) void ask({ dryRun: true }).then(setFound, setFound)
  }, [])
  async function run() {
    const result = await ask({ dryRun: false, ...(from.trim() && { from: from.trim() }) })
    if (result === undefined) return
    done()
    if (!result.isWhole) throw new Error(failureOf(result))
    say(successOf(imageName(image), result))
  }
  return (
    <Confirm title={`Repair ${imageName(image)}?`} action="Repair" run={run} close={close}>
      <p>Content is copied from a whole copy into this repository, by digest, and read back.</p>
      {looks && (
        <div role="status">
          {found === undefined ? (
            <p class="hint">Looking for whole copies…</p>
          ) : found instanceof Error ? (
            <p>
              <Said text={`It is not known where a copy is: ${found.message}`} />
            </p>
          ) : found.contents.length === 0 ? (
            <p>Nothing of it is missing now.</p>
          ) : (
            <ul class="broken-damages">
              {found.contents.map(({ digest, part, from: place }) => (
                <li key={digest}>
                  {partName(part)} <code>{digest}</code>{' '}
                  {place === null ? (
                    <span class="badge badge-over">no whole copy is known</span>
                  ) : (
                    <span class="badge badge-ok">
                      whole at <Said text={place} />
                    </span>
                  )}
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
      {wrong.length > 0 && (
        <div class="notice notice-warn">
          <p>
            A registry keeps wrong content that it has under a digest, and drops what is sent. Delete this
            from its storage first, or the repair fails:
          </p>
          <pre>{wrong.join('\n')}</pre>
        </div>
      )}
      <label class="field">
        <span>Copy from</span>
        <input
          value={from}
          onInput={(event) => setFrom(event.currentTarget.value)}
          placeholder={looks ? 'wherever a whole copy is found' : 'registry/repository'}
          required={!looks}
          autocomplete="off"
          spellcheck={false}
          aria-describedby="from-hint"
        />
      </label>
      <p class="hint" id="from-hint">
        A repository that has it whole, as <code>registry/repository</code>
        {looks ? '; or nothing' : ', of one of your projects'}.
      </p>
    </Confirm>
  )
}
