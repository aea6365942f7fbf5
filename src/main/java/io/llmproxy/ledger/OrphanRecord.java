package io.llmproxy.ledger;

/**
 * An attempt that was on its way when its process died. It may have cost money.
 *
 * @param at when it was found, in milliseconds since 1970
 * @param of the run of the process that died
 * @param flight what is known of the attempt
 */
record OrphanRecord(long at, String of, Flight flight) implements LedgerRecord {
    @Override
    public String type() {
        return "orphan";
    }

    @Override
    public long stands() {
        return 0;
    }

    @Override
    public void write(LedgerLine line) {
        line.text("of", of).text("exchange", LedgerId.exchange(of, flight.exchange()));
        line.number("n", flight.n()).text("forward", flight.forward()).text("upstream", flight.upstream());
        line.text("request.model", flight.model()).time("started", flight.started());
        line.known("input_estimate", flight.inputEstimate()).number("delivered_output_bytes", flight.outputBytes());
        line.text("source", "partial").text("usage_missing_because", "killed");
    }
}
