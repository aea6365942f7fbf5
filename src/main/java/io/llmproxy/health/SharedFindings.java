package io.llmproxy.health;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What nodes tell each other of upstreams, so that one of them looks at each. It is advice: a node that thinks otherwise looks by itself
 * before it believes it.
 */
public interface SharedFindings {
    /**
     * Returns whether an upstream is well, as another node has found lately that goes on looking at it; null if there is none.
     *
     * @param mark tells how which upstream is looked at, the same on all nodes
     */
    @Nullable Boolean found(String mark);

    /**
     * Tells the others what this node has found.
     *
     * @param mark tells how which upstream is looked at, the same on all nodes
     * @param success whether it is well
     * @param lasts until when the next look will have ended
     */
    void tell(String mark, boolean success, Duration lasts);
}
