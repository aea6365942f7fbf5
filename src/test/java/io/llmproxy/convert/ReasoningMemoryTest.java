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

    @Test
    void thoughtsThatAreTooLongAreNotRemembered() {
        ReasoningMemory memory = memory(1 << 24);
        StreamConverter stream = claude(conversion("", ",'stream':true", memory, "a")).stream();
        String piece = "x".repeat(100_000);
        StringBuilder events = new StringBuilder(event(
                        "message_start",
                        "'message':{'id':'m','type':'message','role':'assistant','content':[],'usage':{}}")
                + event(
                        "content_block_start",
                        "'index':0,'content_block':{'type':'thinking','thinking':'','signature':''}"));
        for (int i = 0; i < 4; i++) {
            events.append(event(
                    "content_block_delta", "'index':0,'delta':{'type':'thinking_delta','thinking':'" + piece + "'}"));
        }
        events.append(event(
                        "content_block_delta", "'index':0,'delta':{'type':'signature_delta','signature':'c2lnbmVk'}"))
                .append(event("content_block_stop", "'index':0"))
                .append(event(
                        "content_block_start",
                        "'index':1,'content_block':{'type':'tool_use','id':'toolu_1','name':'f','input':{}}"))
                .append(event("content_block_stop", "'index':1"))
                .append(event("message_delta", "'delta':{'stop_reason':'tool_use'},'usage':{'output_tokens':1}"))
                .append(event("message_stop", "'x':0"));
        byte[] all = bytes(events.toString());

        stream.accept(all, 0, all.length);

        assertThat(stream.isWhole()).isTrue();
        assertThat(second(memory, "a")).doesNotContain("xxx", "c2lnbmVk");
    }

    @Test
    void thoughtsThatAreNotToldComeBackAsTheyAre() {
        ReasoningMemory memory = memory(1 << 20);
        String redacted = "{'type':'redacted_thinking','data':'c2VhbGVk'}";
        StreamConverter stream = claude(conversion("", ",'stream':true", memory, "a")).stream();
        byte[] events = bytes(event(
                        "message_start",
                        "'message':{'id':'m','type':'message','role':'assistant','content':[],'usage':{}}")
                + event("content_block_start", "'index':0,'content_block':" + redacted)
                + event("content_block_stop", "'index':0")
                + event("content_block_start", "'index':1,'content_block':{'type':'text','text':''}")
                + event("content_block_delta", "'index':1,'delta':{'type':'text_delta','text':'calling'}")
                + event("content_block_stop", "'index':1")
                + event(
                        "content_block_start",
                        "'index':2,'content_block':{'type':'tool_use','id':'toolu_1','name':'f','input':{}}")
                + event("content_block_stop", "'index':2")
                + event(
                        "content_block_start",
                        "'index':3,'content_block':{'type':'tool_use','id':'toolu_2','name':'f','input':{}}")
                + event("content_block_stop", "'index':3")
                + event("message_delta", "'delta':{'stop_reason':'tool_use'},'usage':{'output_tokens':1}")
                + event("message_stop", "'x':0"));

        stream.accept(events, 0, events.length);

        assertThat(second(memory, "a")).contains(redacted.replace('\'', '"'));
    }

    @Test
    void anAnswerWithoutACallOrWithoutASealIsNotRemembered() {
        ReasoningMemory memory = memory(1 << 20);
        String open = THOUGHT.replace(",'signature':'c2lnbmVk'", ",'signature':''");

        claude(conversion("", "", memory, "a")).answer(bytes(ANSWER.replace(THOUGHT, open)));
        claude(conversion("", "", memory, "a"))
                .answer(bytes(ANSWER.replace(",{'type':'tool_use','id':'toolu_1','name':'f','input':{}}", "")));

        assertThat(second(memory, "a")).doesNotContain("step by step");
    }

    @Test
    void aSignatureOfGeminiComesBackWithItsCall() {
        ReasoningMemory memory = memory(1 << 20);
        Upstream gemini = Upstream.of(Dialect.GEMINI, "gemini-3-pro-preview");
        String answer =
                "{'candidates':[{'content':{'role':'model','parts':[{'functionCall':{'id':'toolu_1','name':'f','args':{}},"
                        + "'thoughtSignature':'c2lnbmVk'}]},'finishReason':'STOP','index':0}],'responseId':'r'}";
        conversion("", "", memory, "a").attempt(gemini, 1).answer(bytes(answer));

        byte[] whole = conversion(SECOND, "", memory, "a").attempt(gemini, 1).requestBody();
        StreamConverter stream = conversion("", ",'stream':true", memory, "b").attempt(gemini, 1).stream();
        byte[] event = bytes("data: " + answer + "\r\n\r\n");
        stream.accept(event, 0, event.length);
        stream.end();
        byte[] streamed = conversion(SECOND, "", memory, "b").attempt(gemini, 1).requestBody();

        assertThat(new String(whole, UTF_8)).contains("\"thoughtSignature\":\"c2lnbmVk\"");
        assertThat(new String(streamed, UTF_8)).contains("\"thoughtSignature\":\"c2lnbmVk\"");
    }

    @Test
    void whatAClientSendsItselfGoesBeforeWhatIsRemembered() {
        ReasoningMemory memory = memory(1 << 20);
        Upstream gemini = Upstream.of(Dialect.GEMINI, "gemini-3-pro-preview");
        conversion("", "", memory, "a")
                .attempt(gemini, 1)
                .answer(
                        bytes(
                                "{'candidates':[{'content':{'role':'model','parts':[{'functionCall':{'id':'toolu_1','name':'f',"
                                        + "'args':{}},'thoughtSignature':'b2xk'}]},'finishReason':'STOP','index':0}],'responseId':'r'}"));
        String own = SECOND.replace(
                "'type':'function',", "'type':'function','extra_content':{'google':{'thought_signature':'b3du'}},");

        byte[] body = conversion(own, "", memory, "a").attempt(gemini, 1).requestBody();

        assertThat(new String(body, UTF_8)).contains("b3du").doesNotContain("b2xk");
    }

    @Test
    void clientsWhoseApiHasAPlaceForThoughtsAreNotGivenThemAgain() {
        ReasoningMemory memory = memory(1 << 20);
        String tail = "'input':'go'}";
        for (String include : new String[] {"", "'include':['reasoning.encrypted_content'],"}) {
            Conversion asked = Conversion.of(
                    Dialect.RESPONSES,
                    RequestLine.NONE,
                    bytes("{'model':'m','store':false," + include + tail),
                    Policy.DEFAULT,
                    Limits.DEFAULT,
                    Ids.random());
            assertThat(asked.remembering(memory.of("a")) == asked).isEqualTo(!include.isEmpty());
        }
        Conversion gemini = Conversion.of(
                Dialect.GEMINI,
                new RequestLine("m", false, false),
                bytes("{'contents':[{'role':'user','parts':[{'text':'go'}]}]}"),
                Policy.DEFAULT,
                Limits.DEFAULT,
                Ids.random());
        assertThat(gemini.remembering(memory.of("a"))).isSameAs(gemini);
        Conversion messages = Conversion.of(
                Dialect.MESSAGES,
                RequestLine.NONE,
                bytes("{'model':'m','max_tokens':9,'messages':[{'role':'user','content':'go'}]}"),
                Policy.DEFAULT,
                Limits.DEFAULT,
                Ids.random());
        assertThat(messages.remembering(memory.of("a"))).isSameAs(messages);
    }
}
