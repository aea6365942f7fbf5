package io.llmproxy.convert;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.convert.codec.Ids;
import io.llmproxy.convert.codec.Limits;
import io.llmproxy.convert.codec.Policy;
import io.llmproxy.convert.codec.RequestLine;
import io.llmproxy.convert.model.Dialect;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ReasoningMemoryTest {
    private static final String FIRST = "{'model':'claude-sonnet-4-5','reasoning_effort':'high','max_tokens':30000,"
            + "'tools':[{'type':'function','function':{'name':'f','parameters':{'type':'object'}}}],"
            + "'messages':[{'role':'user','content':'go'}%s]%s}";
    private static final String SECOND =
            ",{'role':'assistant','content':'calling','tool_calls':[{'id':'toolu_1','type':'function',"
                    + "'function':{'name':'f','arguments':'{}'}}]},{'role':'tool','tool_call_id':'toolu_1','content':'done'}";
    private static final String THOUGHT = "{'type':'thinking','thinking':'step by step','signature':'c2lnbmVk'}";
    private static final String ANSWER =
            "{'id':'msg_1','type':'message','role':'assistant','model':'m','content':[" + THOUGHT
                    + ",{'type':'text','text':'calling'},{'type':'tool_use','id':'toolu_1','name':'f','input':{}}],"
                    + "'stop_reason':'tool_use','usage':{'input_tokens':1,'output_tokens':1}}";

    private final AtomicLong clock = new AtomicLong();

    private static Conversion conversion(String more, String members, ReasoningMemory memory, String owner) {
        byte[] body = FIRST.formatted(more, members).replace('\'', '"').getBytes(UTF_8);
        return Conversion.of(Dialect.CHAT, RequestLine.NONE, body, Policy.DEFAULT, Limits.DEFAULT, Ids.random())
                .remembering(memory.of(owner));
    }

    private static Converted claude(Conversion conversion) {
        return conversion.attempt(Upstream.of(Dialect.MESSAGES, "claude-sonnet-4-5"), 1);
    }

    private static byte[] bytes(String text) {
        return text.replace('\'', '"').getBytes(UTF_8);
    }

    private static String second(ReasoningMemory memory, String owner) {
        return new String(claude(conversion(SECOND, "", memory, owner)).requestBody(), UTF_8);
    }

    private ReasoningMemory memory(long most) {
        return new ReasoningMemory(most, clock::get);
    }

    @Test
    void theModelSeesItsThoughtsAgainBeforeTheCallThatTheyLedTo() {
        ReasoningMemory memory = memory(1 << 20);

        claude(conversion("", "", memory, "a")).answer(bytes(ANSWER));

        assertThat(second(memory, "a"))
                .contains(("'content':[" + THOUGHT + ",{'type':'text','text':'calling'},").replace('\'', '"'));
    }

    @Test
    void thoughtsOfAStreamAreRemembered() {
        ReasoningMemory memory = memory(1 << 20);
        StreamConverter stream = claude(conversion("", ",'stream':true", memory, "a")).stream();
        byte[] events = bytes(event(
                        "message_start",
                        "'message':{'id':'m','type':'message','role':'assistant','content':[],'usage':{}}")
                + event(
                        "content_block_start",
                        "'index':0,'content_block':{'type':'thinking','thinking':'','signature':''}")
                + event("content_block_delta", "'index':0,'delta':{'type':'thinking_delta','thinking':'step by step'}")
                + event("content_block_delta", "'index':0,'delta':{'type':'signature_delta','signature':'c2lnbmVk'}")
                + event("content_block_stop", "'index':0")
                + event(
                        "content_block_start",
                        "'index':1,'content_block':{'type':'tool_use','id':'toolu_1','name':'f','input':{}}")
                + event("content_block_stop", "'index':1")
                + event("message_delta", "'delta':{'stop_reason':'tool_use'},'usage':{'output_tokens':1}")
                + event("message_stop", "'x':0"));

        stream.accept(events, 0, events.length);

        assertThat(stream.isWhole()).isTrue();
        assertThat(second(memory, "a")).contains(THOUGHT.replace('\'', '"'));
    }

    private static String event(String type, String members) {
        return "event: " + type + "\ndata: {'type':'" + type + "'," + members + "}\n\n";
    }

    @Test
    void anotherClientIsNotGivenThem() {
        ReasoningMemory memory = memory(1 << 20);

        claude(conversion("", "", memory, "a")).answer(bytes(ANSWER));

        assertThat(second(memory, "b")).doesNotContain("step by step", "c2lnbmVk");
    }

    @Test
    void theyAreForgottenAfterAnHour() {
        ReasoningMemory memory = memory(1 << 20);
        claude(conversion("", "", memory, "a")).answer(bytes(ANSWER));

        clock.addAndGet(Duration.ofMinutes(61).toNanos());

        assertThat(second(memory, "a")).doesNotContain("step by step");
    }

    @Test
    void theyTakeNoMoreThanThereIsRoomFor() {
        ReasoningMemory memory = memory(100);

        claude(conversion("", "", memory, "a")).answer(bytes(ANSWER));

        assertThat(second(memory, "a")).doesNotContain("step by step");
    }

    @Test
    void aModelOfAnotherProviderIsNotGivenThem() {
        ReasoningMemory memory = memory(1 << 20);
        claude(conversion("", "", memory, "a")).answer(bytes(ANSWER));

        byte[] body = conversion(SECOND, "", memory, "a")
                .attempt(Upstream.of(Dialect.GEMINI, "gemini-2.5-pro"), 1)
                .requestBody();

        assertThat(new String(body, UTF_8)).doesNotContain("step by step", "c2lnbmVk");
    }
}
