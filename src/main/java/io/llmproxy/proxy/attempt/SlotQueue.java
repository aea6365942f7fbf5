package io.llmproxy.proxy.attempt;

import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.Line;
import io.llmproxy.proxy.exchange.Shed;
import io.llmproxy.upstream.Lease;
import io.llmproxy.upstream.SlotWait;
import org.jspecify.annotations.Nullable;

/**
 * What an exchange does when no upstream is free: it waits in line for one that only has too many requests, or asks one whose
 * keys were all refused, or is turned away.
 */
final class SlotQueue {
    private final Exchange exchange;
    private final Selection selection;
    private final Waiting waiting;
    private final Attempts.Owner owner;
    private final Attempts attempts;

    SlotQueue(Exchange exchange, Selection selection, Waiting waiting, Attempts.Owner owner, Attempts attempts) {
        this.exchange = exchange;
        this.selection = selection;
        this.waiting = waiting;
        this.owner = owner;
        this.attempts = attempts;
    }

    /**
     * Waits in line if one of the upstreams is merely busy.
     *
     * @param stopped whether no upstream is to be asked any more
     */
    void enter(boolean stopped, long now) {
        SlotWait slot = stopped ? null : selection.busy(now);
        if (slot == null) {
            askWithLastKey(stopped, now);
            return;
        }
        LineWatch watch = new LineWatch(exchange, Line.UPSTREAM, now);
        waiting.inLine(now, slot.limit(), () -> owner.shed(Shed.QUEUE_TIMEOUT), () -> {
            slot.cancel();
            watch.left();
        });
        if (!slot.start(lease -> granted(lease, watch)) && waiting.end()) {
            owner.shed(Shed.QUEUE_FULL);
        } else {
            // Also if the client has just left, which was told already.
            watch.entered();
        }
    }

    /** A key that was refused before may be good by now: if there is no other, it is worth a try. */
    private void askWithLastKey(boolean stopped, long now) {
        Lease lease = stopped ? null : selection.lastResort(now);
        if (lease == null) {
            owner.refused(selection.refuse(now));
        } else {
            attempts.send(lease);
        }
    }

    private void granted(@Nullable Lease lease, LineWatch watch) {
        long now = System.nanoTime();
        if (!waiting.end()) {
            if (lease != null) {
                lease.closeUnsent(now);
            }
            return;
        }
        watch.left();
        if (lease == null) {
            owner.refused(selection.refuse(now));
        } else {
            attempts.send(lease);
        }
    }
}
