import { Bytes } from '../../parts/bytes.tsx'
import { Said } from '../../parts/said.tsx'
import { Told } from '../../parts/told.tsx'
import { CheckTarget } from './check-target.tsx'
import type { Receipt } from './promotion-text.ts'

/** What a promotion did: what was copied and how, which gates were open, and what was left out. */
export function ReceiptView({ receipt }: { receipt: Receipt }) {
  const {
    blobs,
    manifests,
    referrers,
    tags,
    gates,
    absent,
    leftOut,
    leftBehind,
    lostPlatforms = [],
  } = receipt
  const isRollback = receipt.kind === 'rollback'
  return (
    <>
      <div class="panels">
        {!isRollback && (
          <section class="panel">
            <h2>Copied</h2>
            <dl class="facts">
              <dt>Sent</dt>
              <Blobs of={blobs.sent} />
              <dt>Mounted there</dt>
              <Blobs of={blobs.mounted} />
              <dt>Was there before</dt>
              <Blobs of={blobs.present} />
              <dt>Replaced</dt>
              <dd class="mono">{receipt.replaced ?? 'no tag was there'}</dd>
            </dl>
          </section>
        )}
        {isRollback && (
          <section class="panel">
            <h2>Put back</h2>
            <dl class="facts">
              <dt>Undid</dt>
              <dd>
                {receipt.rolledBack && <a href={`/promotions/${receipt.rolledBack}`}>this promotion</a>}
              </dd>
              <dt>The tag names</dt>
              <dd class="mono">{receipt.digest ?? 'nothing: it was deleted'}</dd>
              <dt>It named</dt>
              <dd class="mono">{receipt.replaced ?? 'nothing'}</dd>
            </dl>
          </section>
        )}
        {gates.length > 0 && (
          <section class="panel">
            <h2>Gates</h2>
            <ul class="gates">
              {gates.map(({ gate, why }) => (
                <li key={gate}>
                  <span class="badge badge-ok">open</span>
                  <span>
                    <strong>
                      <Said text={gate} />
                    </strong>
                    : <Told text={why} />
                  </span>
                </li>
              ))}
            </ul>
          </section>
        )}
        <CheckTarget id={receipt.id} />
      </div>
      <Digests title="Manifests" of={manifests} />
      <Digests
        title="Signatures and other artifacts"
        of={[
          ...referrers.map(
            ({ digest, artifactType }) => `${digest}${artifactType ? ` (${artifactType})` : ''}`,
          ),
          ...tags.map(({ tag, outcome }) => `${tag} (${outcome})`),
        ]}
      />
      <Digests title="Platforms that the tag had before, and the image has not" of={lostPlatforms} />
      <Digests title="Not at the source" of={absent} />
      <Digests title="Left out, since the rule names other platforms" of={leftOut} />
      <Digests title="Left behind" of={leftBehind.map(({ digest, reason }) => `${digest}: ${reason}`)} />
    </>
  )
}

const Blobs = ({ of: { count, bytes } }: { of: Receipt['blobs']['sent'] }) => (
  <dd>
    {count === 0 ? (
      'nothing'
    ) : (
      <>
        <Bytes of={bytes} />{' '}
        <span class="hint">
          {count.toLocaleString('en')} {count === 1 ? 'blob' : 'blobs'}
        </span>
      </>
    )}
  </dd>
)

function Digests({ title, of }: { title: string; of: readonly string[] }) {
  if (of.length === 0) return null
  return (
    <section class="panel">
      <h2>
        {title} <span class="hint">{of.length.toLocaleString('en')}</span>
      </h2>
      <ul class="digests mono">
        {of.map((text) => (
          <li key={text}>
            <Said text={text} />
          </li>
        ))}
      </ul>
    </section>
  )
}
