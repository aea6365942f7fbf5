package io.llmproxy.quota;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * This node has too little of a limit that nodes share, and has asked for more.
 *
 * @param outcome what comes of it: the store may answer late, since it is asked one thing after the other; none that is pending. The
 *     thread that completes it has to return
 *     soon. If the request is given up meanwhile, what was reserved for it is to be settled
 * @param giveUp decides at once what the store has not answered yet, as if it were away; to be told the time
 */
public record Pending(CompletableFuture<Outcome> outcome, Consumer<Moment> giveUp) implements Outcome {}
