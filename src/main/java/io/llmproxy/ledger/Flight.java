package io.llmproxy.ledger;

/**
 * An attempt that is on its way.
 *
 * @param exchange the exchange that it belongs to
 * @param n which of the exchange's attempts it is
 * @param forward that took the request
 * @param upstream that is asked
 * @param model that it is asked for; empty if it is not known
 * @param started when it began, in milliseconds since 1970
 * @param inputEstimate tokens that it is thought to take; negative if that is not known
 * @param outputBytes how much of the answer has come
 */
public record Flight(
        long exchange,
        int n,
        String forward,
        String upstream,
        String model,
        long started,
        long inputEstimate,
        long outputBytes) {}
