package io.llmproxy.proxy.attempt;

import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.error.UpstreamFailure;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;

/** Passes on what becomes of an attempt and its hedge, one after the other; of one that has lost, nothing more. */
record InTurn(Hedge hedge, Signals judgement) implements Signals {
    @Override
    public void answered(Attempt attempt, Response upstreamResponse, Content.Source content) {
        hedge.inTurn(attempt, () -> judgement.answered(attempt, upstreamResponse, content));
    }

    @Override
    public void upgraded(Attempt attempt, Response upstreamResponse, EndPoint endPoint) {
        hedge.inTurn(attempt, () -> judgement.upgraded(attempt, upstreamResponse, endPoint));
    }

    @Override
    public void failed(Attempt attempt, UpstreamFailure failure) {
        hedge.inTurn(attempt, () -> judgement.failed(attempt, failure));
    }

    @Override
    public void reached(CommitPoint point) {
        hedge.inTurn(point.attempt(), () -> judgement.reached(point));
    }

    @Override
    public void missed(CommitPoint point, UpstreamFailure failure) {
        hedge.inTurn(point.attempt(), () -> judgement.missed(point, failure));
    }

    @Override
    public void collected(WholeContent content, byte[] whole) {
        hedge.inTurn(content.attempt(), () -> judgement.collected(content, whole));
    }

    @Override
    public void missed(WholeContent content, UpstreamFailure failure) {
        hedge.inTurn(content.attempt(), () -> judgement.missed(content, failure));
    }

    @Override
    public void outgrown(WholeContent content, Refusal refusal) {
        hedge.inTurn(content.attempt(), () -> judgement.outgrown(content, refusal));
    }
}
