/** Says what to configure so that lost events are counted, and what happens until then. */
export const NotAudited = ({ registry }: { registry: string }) => (
  <span class="hint">
    Set <code>registries.{registry}.metrics</code>, and lost events are counted. Until then each new process
    of the registry may have lost some: at most one reconcile in 15 minutes follows.
  </span>
)
