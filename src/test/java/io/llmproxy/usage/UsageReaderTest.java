package io.llmproxy.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.llmproxy.protocol.UsageShape;
import io.llmproxy.usage.UsageReader.Ended;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What upstreams write, and the counts that it means. In bodies {@code '} stands for a quotation mark. */
final class UsageReaderTest {
    private static final String JSON = "application/json";
    private static final String EVENTS = "text/event-stream; charset=utf-8";

    /**
     * An answer, and what it is to be read as.
     *
     * @param usage as {@link Usage#toString} writes it
     */
    private record Case(
            String name, UsageShape shape, String type, String body, String usage, Set<UsageAnomaly> anomalies) {
        Case(String name, UsageShape shape, String type, String body, String usage, UsageAnomaly... anomalies) {
            this(name, shape, type, body, usage, Set.of(anomalies));
        }

        byte[] bytes() {
            return body.replace('\'', '"').getBytes(UTF_8);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> answers() {
        return Stream.of(chats(), responses(), messages(), gemini(), others()).flatMap(cases -> cases);
    }

    private static Case chat(String name, String usage, String expected, UsageAnomaly... anomalies) {
        String body = "{'id':'c1','model':'m','choices':[{'message':{'content':'hello'}}],'usage':%s}".formatted(usage);
        return new Case(name, UsageShape.CHAT, JSON, body, expected, anomalies);
    }

    private static Case chatStream(String name, String expected, String... events) {
        return new Case(name, UsageShape.CHAT, EVENTS, stream(events) + "data: [DONE]\n\n", expected);
    }

    private static String stream(String... events) {
        StringBuilder stream = new StringBuilder();
        for (String event : events) {
            stream.append("data: ").append(event).append("\n\n");
        }
        return stream.toString();
    }

    private static Stream<Case> chats() {
        return Stream.of(
                chat(
                        "U15 whole chat with all details",
                        """
                        {'prompt_tokens':2006,'completion_tokens':300,'total_tokens':2306,
                        'prompt_tokens_details':{'cached_tokens':1920,'cache_write_tokens':5,'audio_tokens':2,'text_tokens':2000,
                        'image_tokens':4},
                        'completion_tokens_details':{'reasoning_tokens':250,'audio_tokens':0,'text_tokens':40,
                        'accepted_prediction_tokens':1,'rejected_prediction_tokens':9}}""",
                        "{input_tokens=2006, cache_read.input_tokens=1920, cache_write.input_tokens=5,"
                                + " text.input_tokens=2000, image.input_tokens=4, audio.input_tokens=2, output_tokens=300,"
                                + " reasoning.output_tokens=250, text.output_tokens=40, audio.output_tokens=0,"
                                + " rejected_prediction.output_tokens=9, reported_total=2306}"),
                chatStream(
                        "U1 chunk of its own behind the finish",
                        "{input_tokens=9, output_tokens=3, reported_total=12}",
                        "{'choices':[{'delta':{'content':'hi'},'finish_reason':null}],'usage':null}",
                        "{'choices':[{'delta':{},'finish_reason':'stop'}],'usage':null}",
                        "{'choices':[],'usage':{'prompt_tokens':9,'completion_tokens':3,'total_tokens':12}}"),
                chatStream(
                        "U4 Azure's first chunk tells nothing",
                        "{input_tokens=1, output_tokens=2, reported_total=3}",
                        "{'choices':[],'usage':null,'prompt_filter_results':[{'prompt_index':0}]}",
                        "{'choices':[],'usage':{'prompt_tokens':1,'completion_tokens':2,'total_tokens':3}}"),
                chatStream(
                        "U5 beside a choice",
                        "{input_tokens=1, output_tokens=2}",
                        "{'choices':[{'delta':{'content':'x'},'finish_reason':'stop'}],"
                                + "'usage':{'prompt_tokens':1,'completion_tokens':2}}"),
                chatStream(
                        "U6 choices that are null",
                        "{input_tokens=1, output_tokens=2}",
                        "{'choices':null,'usage':{'prompt_tokens':1,'completion_tokens':2}}"),
                chatStream(
                        "running counts of vLLM: the latest is right",
                        "{input_tokens=7, output_tokens=3, reported_total=10}",
                        "{'choices':[{'delta':{'content':'a'}}],'usage':{'prompt_tokens':7,'completion_tokens':1,'total_tokens':8}}",
                        "{'choices':[{'delta':{'content':'b'}}],'usage':{'prompt_tokens':7,'completion_tokens':2,'total_tokens':9}}",
                        "{'choices':[],'usage':{'prompt_tokens':7,'completion_tokens':3,'total_tokens':10}}"),
                chatStream(
                        "Groq of old",
                        "{input_tokens=4, output_tokens=5}",
                        "{'choices':[{'delta':{}}],'x_groq':{'id':'r','usage':{'prompt_tokens':4,'completion_tokens':5}}}"),
                chatStream(
                        "U16 what the model says is no usage",
                        "{input_tokens=1, output_tokens=2}",
                        "{'choices':[{'delta':{'content':'\\'usage\\':{\\'prompt_tokens\\':999}','usage':{'prompt_tokens':998}}}]}",
                        "{'choices':[{'delta':{'tool_calls':[{'function':{'arguments':'{\\'usage\\':{\\'prompt_tokens\\':9}}'}}]}}]}",
                        "{'metadata':{'usage':{'prompt_tokens':997}},'choices':[]}",
                        "{'choices':[],'usage':{'prompt_tokens':1,'completion_tokens':2,'inner':{'prompt_tokens':996}}}"),
                chat(
                        "DeepSeek",
                        "{'prompt_tokens':10,'completion_tokens':2,'total_tokens':12,"
                                + "'prompt_cache_hit_tokens':6,'prompt_cache_miss_tokens':4}",
                        "{input_tokens=10, cache_read.input_tokens=6, output_tokens=2, reported_total=12}"),
                chat(
                        "U13 reasoning inside the output",
                        "{'prompt_tokens':10,'completion_tokens':20,'total_tokens':30,"
                                + "'completion_tokens_details':{'reasoning_tokens':15}}",
                        "{input_tokens=10, output_tokens=20, reasoning.output_tokens=15, reported_total=30}"),
                chat(
                        "U13 C4 reasoning outside the output",
                        "{'prompt_tokens':10120,'completion_tokens':1499,'total_tokens':14428,"
                                + "'completion_tokens_details':{'reasoning_tokens':2809}}",
                        "{input_tokens=10120, output_tokens=4308, reasoning.output_tokens=2809, reported_total=14428}"),
                chat(
                        "U13 reasoning that contradicts itself",
                        "{'prompt_tokens':10,'completion_tokens':20,'total_tokens':33,"
                                + "'completion_tokens_details':{'reasoning_tokens':5}}",
                        "{input_tokens=10, output_tokens=20, reasoning.output_tokens=5, reported_total=33}",
                        UsageAnomaly.TOTAL_DIFFERS),
                chat(
                        "U13 xAI without a total: reasoning is outside",
                        "{'prompt_tokens':10,'completion_tokens':20,'completion_tokens_details':{'reasoning_tokens':5},"
                                + "'cost_in_usd_ticks':37756000}",
                        "{input_tokens=10, output_tokens=25, reasoning.output_tokens=5}"),
                chat(
                        "numbers of all kinds that are whole",
                        "{'prompt_tokens':12.0,'completion_tokens':'12','total_tokens':2.4e1}",
                        "{input_tokens=12, output_tokens=12, reported_total=24}"),
                chat(
                        "numbers that are none",
                        "{'prompt_tokens':1.5,'completion_tokens':'many','total_tokens':true}",
                        "{}",
                        UsageAnomaly.NOT_A_COUNT),
                chat(
                        "an object for a number",
                        "{'prompt_tokens':{'a':1},'completion_tokens':[2],'total_tokens':3}",
                        "{reported_total=3}",
                        UsageAnomaly.NOT_A_COUNT),
                chat(
                        "negative, and larger than any",
                        "{'prompt_tokens':-3,'completion_tokens':9007199254740993,'total_tokens':1e300}",
                        "{}",
                        UsageAnomaly.NEGATIVE,
                        UsageAnomaly.TOO_LARGE),
                chat(
                        "a part that is more than its whole",
                        "{'prompt_tokens':5,'completion_tokens':2,'prompt_tokens_details':{'cached_tokens':6}}",
                        "{input_tokens=5, cache_read.input_tokens=6, output_tokens=2}",
                        UsageAnomaly.PART_EXCEEDS_WHOLE),
                chat("null is unknown", "{'prompt_tokens':5,'prompt_tokens_details':null}", "{input_tokens=5}"));
    }

    private static Stream<Case> responses() {
        String usage = "{'input_tokens':75,'input_tokens_details':{'cached_tokens':10,'cache_write_tokens':3},"
                + "'output_tokens':12,'output_tokens_details':{'reasoning_tokens':8},'total_tokens':87}";
        String expected = "{input_tokens=75, cache_read.input_tokens=10, cache_write.input_tokens=3, output_tokens=12,"
                + " reasoning.output_tokens=8, reported_total=87}";
        Stream<Case> streams = Stream.of("completed", "incomplete", "failed")
                .map(end -> new Case(
                        "U14 response." + end,
                        UsageShape.RESPONSES,
                        EVENTS,
                        "event: response.created\n"
                                + stream("{'type':'response.created','response':{'id':'r','usage':null}}")
                                + stream("{'type':'response.output_text.delta','delta':'{\\'usage\\':{}}'}")
                                + "event: response." + end + "\n"
                                + stream("{'type':'response.%s','response':{'output':[],'usage':%s}}"
                                        .formatted(end, usage)),
                        expected));
        return Stream.concat(
                streams,
                Stream.of(
                        new Case(
                                "whole response",
                                UsageShape.RESPONSES,
                                JSON,
                                "{'id':'r','output':[{'content':[{'text':'t'}]}],'usage':%s}".formatted(usage),
                                expected),
                        new Case(
                                "a response in the background has none yet",
                                UsageShape.RESPONSES,
                                JSON,
                                "{'id':'r','status':'queued','usage':null}",
                                "{}")));
    }

    private static Stream<Case> messages() {
        return Stream.of(
                new Case(
                        "U9 three deltas: cumulative, never added",
                        UsageShape.MESSAGES,
                        EVENTS,
                        "event: message_start\n"
                                + stream(
                                        "{'type':'message_start','message':{'usage':{'input_tokens':25,'output_tokens':1}}}")
                                + stream("{'type':'message_delta','delta':{},'usage':{'output_tokens':10}}")
                                + stream("{'type':'message_delta','delta':{},'usage':{'output_tokens':20}}")
                                + stream("{'type':'message_delta','delta':{'stop_reason':'end_turn'},"
                                        + "'usage':{'output_tokens':31}}")
                                + stream("{'type':'message_stop'}"),
                        "{input_tokens=25, output_tokens=31}"),
                new Case(
                        "U10 cache for minutes and an hour, and read",
                        UsageShape.MESSAGES,
                        JSON,
                        "{'model':'claude','content':[{'type':'text','text':'x'}],'usage':{'input_tokens':21,"
                                + "'cache_creation_input_tokens':188,'cache_read_input_tokens':1000,"
                                + "'cache_creation':{'ephemeral_5m_input_tokens':88,'ephemeral_1h_input_tokens':100},"
                                + "'output_tokens':393,'output_tokens_details':{'thinking_tokens':100},"
                                + "'service_tier':'standard','inference_geo':'us','speed':'fast'}}",
                        "{input_tokens=1209, cache_read.input_tokens=1000, cache_write.input_tokens=188,"
                                + " cache_write_1h.input_tokens=100, output_tokens=393, reasoning.output_tokens=100}"),
                new Case(
                        "U11 a search lets the input grow",
                        UsageShape.MESSAGES,
                        EVENTS,
                        stream("{'type':'message_start','message':{'usage':{'input_tokens':2679,'output_tokens':3,"
                                        + "'cache_read_input_tokens':0,'cache_creation_input_tokens':0}}}")
                                + stream("{'type':'message_delta','delta':{'stop_reason':'end_turn'},'usage':{"
                                        + "'input_tokens':10682,'output_tokens':510,"
                                        + "'server_tool_use':{'web_search_requests':1,'web_fetch_requests':2}}}"),
                        "{input_tokens=10682, cache_read.input_tokens=0, cache_write.input_tokens=0, output_tokens=510,"
                                + " web_search.requests=1, web_fetch.requests=2}"),
                new Case(
                        "U11 iterations: the top level leaves compaction out",
                        UsageShape.MESSAGES,
                        JSON,
                        "{'usage':{'input_tokens':23000,'output_tokens':1000,'iterations':["
                                + "{'type':'compaction','input_tokens':180000,'output_tokens':3500},"
                                + "{'type':'message','input_tokens':23000,'output_tokens':1000}]}}",
                        "{input_tokens=203000, output_tokens=4500}"),
                new Case(
                        "iterations of a stream: the latest list is right",
                        UsageShape.MESSAGES,
                        EVENTS,
                        stream("{'type':'message_start','message':{'usage':{'input_tokens':3,'output_tokens':1,"
                                        + "'iterations':[{'input_tokens':3,'output_tokens':1}]}}}")
                                + stream("{'type':'message_delta','delta':{'stop_reason':'end_turn'},'usage':{"
                                        + "'output_tokens':9,'iterations':[{'input_tokens':3,'output_tokens':9,"
                                        + "'cache_read_input_tokens':7,'cache_creation_input_tokens':5,"
                                        + "'cache_creation':{'ephemeral_1h_input_tokens':5}}]}}"),
                        "{input_tokens=15, cache_read.input_tokens=7, cache_write.input_tokens=5,"
                                + " cache_write_1h.input_tokens=5, output_tokens=9}"),
                new Case(
                        "U16 input of a tool that looks like usage",
                        UsageShape.MESSAGES,
                        EVENTS,
                        stream("{'type':'message_start','message':{'usage':{'input_tokens':5,'output_tokens':1}}}")
                                + stream("{'type':'content_block_delta','delta':{'partial_json':'{\\'usage\\':1}',"
                                        + "'usage':{'input_tokens':999}}}")
                                + stream(
                                        "{'type':'message_delta','delta':{'stop_reason':'tool_use'},'usage':{'output_tokens':7}}"),
                        "{input_tokens=5, output_tokens=7}"),
                new Case(
                        "an hour's cache without the sum",
                        UsageShape.MESSAGES,
                        JSON,
                        "{'usage':{'input_tokens':5,'output_tokens':1,'cache_creation':{'ephemeral_1h_input_tokens':4}}}",
                        "{input_tokens=9, cache_write.input_tokens=4, cache_write_1h.input_tokens=4, output_tokens=1}"));
    }

    private static Stream<Case> gemini() {
        String last = "{'candidates':[{'content':{'parts':[{'text':'b'}]},'finishReason':'STOP'}],'usageMetadata':{"
                + "'promptTokenCount':100,'cachedContentTokenCount':40,'toolUsePromptTokenCount':2000,"
                + "'candidatesTokenCount':7,'thoughtsTokenCount':50,'totalTokenCount':2157,"
                + "'promptTokensDetails':[{'modality':'TEXT','tokenCount':90},{'modality':'AUDIO','tokenCount':10}],"
                + "'cacheTokensDetails':[{'modality':'TEXT','tokenCount':40}],"
                + "'candidatesTokensDetails':[{'tokenCount':7,'modality':'TEXT'}]},'modelVersion':'gemini-3'}";
        String first = "{'candidates':[{'content':{'parts':[{'text':'a'}]}}],'usageMetadata':{'promptTokenCount':100,"
                + "'candidatesTokenCount':2,'totalTokenCount':102,'promptTokensDetails':[{'modality':'TEXT','tokenCount':100}]}}";
        String expected = "{input_tokens=2100, cache_read.input_tokens=40, tool_prompt.input_tokens=2000,"
                + " text.input_tokens=90, audio.input_tokens=10, text.cache_read.input_tokens=40, output_tokens=57,"
                + " reasoning.output_tokens=50, text.output_tokens=7, reported_total=2157}";
        return Stream.of(
                new Case("U12 stream of events", UsageShape.GEMINI, EVENTS, stream(first, last), expected),
                new Case(
                        "U12 stream of an array",
                        UsageShape.GEMINI,
                        JSON,
                        "[" + first + "\n,\r\n" + last + "]",
                        expected),
                new Case("U12 whole", UsageShape.GEMINI, JSON, last, expected),
                new Case(
                        "U12 a last event of nothing but usage",
                        UsageShape.GEMINI,
                        EVENTS,
                        stream(first, "{'usageMetadata':{'candidatesTokenCount':5,'totalTokenCount':105}}"),
                        "{input_tokens=100, text.input_tokens=100, output_tokens=5, reported_total=105}"),
                new Case(
                        "what is nothing is left out",
                        UsageShape.GEMINI,
                        JSON,
                        "{'usageMetadata':{'promptTokenCount':8,'totalTokenCount':8}}",
                        "{input_tokens=8, output_tokens=0, reported_total=8}"),
                new Case(
                        "thoughts and no candidate",
                        UsageShape.GEMINI,
                        JSON,
                        "{'usageMetadata':{'promptTokenCount':8,'thoughtsTokenCount':3,'totalTokenCount':11}}",
                        "{input_tokens=8, output_tokens=3, reasoning.output_tokens=3, reported_total=11}"));
    }

    private static Stream<Case> others() {
        return Stream.of(
                new Case(
                        "U15 embeddings",
                        UsageShape.EMBEDDINGS,
                        JSON,
                        "{'data':[{'embedding':[0.1,-2e-3]},{'embedding':[1]}],'model':'e','usage':{'prompt_tokens':8,'total_tokens':8}}",
                        "{input_tokens=8, output_tokens=0, reported_total=8}"),
                new Case(
                        "U15 images with tokens",
                        UsageShape.IMAGES,
                        JSON,
                        "{'data':[{'b64_json':'AAAA'}],'usage':{'input_tokens':50,'output_tokens':4160,'total_tokens':4210,"
                                + "'input_tokens_details':{'text_tokens':10,'image_tokens':40},"
                                + "'output_tokens_details':{'text_tokens':0,'image_tokens':4160}}}",
                        "{input_tokens=50, text.input_tokens=10, image.input_tokens=40, output_tokens=4160,"
                                + " text.output_tokens=0, image.output_tokens=4160, reported_total=4210}"),
                new Case(
                        "U15 images of a stream",
                        UsageShape.IMAGES,
                        EVENTS,
                        stream("{'type':'image_generation.partial_image','b64_json':'AA'}")
                                + stream(
                                        "{'type':'image_generation.completed','b64_json':'AA','usage':{'input_tokens':5,'output_tokens':6}}"),
                        "{input_tokens=5, output_tokens=6}"),
                new Case(
                        "U15 images without tokens are counted",
                        UsageShape.IMAGES,
                        JSON,
                        "{'created':1,'data':[{'url':'u'},{'url':'v'}]}",
                        "{images=2}"),
                new Case(
                        "U15 transcription by tokens",
                        UsageShape.TRANSCRIPTION,
                        JSON,
                        "{'text':'hi','usage':{'type':'tokens','input_tokens':14,'input_token_details':{'text_tokens':4,"
                                + "'audio_tokens':10},'output_tokens':45,'total_tokens':59}}",
                        "{input_tokens=14, text.input_tokens=4, audio.input_tokens=10, output_tokens=45, reported_total=59}"),
                new Case(
                        "U15 transcription by duration",
                        UsageShape.TRANSCRIPTION,
                        JSON,
                        "{'text':'hi','usage':{'type':'duration','seconds':9.6}}",
                        "{seconds=10}"),
                new Case(
                        "U15 transcription of a stream",
                        UsageShape.TRANSCRIPTION,
                        EVENTS,
                        stream("{'type':'transcript.text.delta','delta':'hi'}")
                                + stream(
                                        "{'type':'transcript.text.done','text':'hi','usage':{'input_tokens':1,'output_tokens':2}}"),
                        "{input_tokens=1, output_tokens=2}"),
                new Case(
                        "Ollama's own lines",
                        UsageShape.OLLAMA,
                        "application/x-ndjson",
                        "{'model':'l','message':{'content':'a'},'done':false}\n"
                                + "{'model':'l','message':{'content':''},'done':true,'prompt_eval_count':26,"
                                + "'prompt_eval_cached_count':20,'eval_count':298}\n",
                        "{input_tokens=26, cache_read.input_tokens=20, output_tokens=298}"),
                new Case(
                        "a line that is no JSON",
                        UsageShape.OLLAMA,
                        "application/x-ndjson",
                        "oops\n{'done':true,'prompt_eval_count':26,'eval_count':2}",
                        "{input_tokens=26, output_tokens=2}"),
                new Case(
                        "plain JSON that is announced as events",
                        UsageShape.CHAT,
                        EVENTS,
                        " {'usage':{'prompt_tokens':1,'completion_tokens':2}}",
                        "{input_tokens=1, output_tokens=2}"),
                new Case(
                        "a document over several lines of data",
                        UsageShape.CHAT,
                        EVENTS,
                        "data: {'choices':[],\r\ndata: 'usage':{'prompt_tokens':1\r\ndata: ,'completion_tokens':2}}\r\n\r\n",
                        "{input_tokens=1, output_tokens=2}"),
                new Case(
                        "events whose blank lines are missing, and one that is no JSON",
                        UsageShape.CHAT,
                        EVENTS,
                        "data: {'usage':{'prompt_tokens':1}}\ndata: nonsense\n\ndata: {'usage':{'completion_tokens':2}}\n",
                        "{input_tokens=1, output_tokens=2}"));
    }

    @ParameterizedTest
    @MethodSource("answers")
    void readsWhatTheUpstreamTells(Case answer) {
        byte[] bytes = answer.bytes();

        assertRead(answer, read(answer, bytes, bytes.length));
    }

    @ParameterizedTest
    @MethodSource("answers")
    void u8ReadsTheSameHoweverItIsCut(Case answer) {
        byte[] bytes = answer.bytes();
        AttemptUsage whole = read(answer, bytes, bytes.length);

        assertThat(read(answer, bytes, 1)).isEqualTo(whole);
        for (int cut = 1; cut < bytes.length; cut++) {
            UsageReader reader = new UsageReader(answer.shape, answer.type);
            reader.accept(bytes, 0, cut);
            reader.accept(bytes, cut, bytes.length - cut);
            assertThat(settle(reader, Ended.COMPLETE)).as("cut at %d", cut).isEqualTo(whole);
        }
    }

    private static void assertRead(Case answer, AttemptUsage read) {
        Usage.Builder told = read.usage().toBuilder();
        if (read.inputSource() == UsageSource.ESTIMATED) {
            told.unset(Count.INPUT);
        }
        if (read.outputSource() == UsageSource.ESTIMATED) {
            told.unset(Count.OUTPUT);
        }
        assertThat(told.build()).hasToString(answer.usage);
        assertThat(read.anomalies()).isEqualTo(answer.anomalies);
    }

    private static AttemptUsage read(Case answer, byte[] bytes, int piece) {
        UsageReader reader = new UsageReader(answer.shape, answer.type);
        for (int from = 0; from < bytes.length; from += piece) {
            reader.accept(bytes, from, Math.min(piece, bytes.length - from));
        }
        return settle(reader, Ended.COMPLETE);
    }

    private static AttemptUsage settle(UsageReader reader, Ended ended) {
        return reader.settle(ended, 400, TokenRatio.ASSUMED);
    }

    private static UsageReader reader(UsageShape shape, String type, String body) {
        UsageReader reader = new UsageReader(shape, type);
        byte[] bytes = body.replace('\'', '"').getBytes(UTF_8);
        reader.accept(bytes, 0, bytes.length);
        return reader;
    }

    @Test
    void readsWhatTheAnswerSaysOfItself() {
        AttemptUsage chat = settle(
                reader(
                        UsageShape.CHAT,
                        EVENTS,
                        stream(
                                "{'id':'gen-1','model':'org\\/m','service_tier':'auto','choices':[{'delta':{'content':'a'}}]}",
                                "{'id':'gen-2','model':'n','service_tier':'flex','choices':[],"
                                        + "'usage':{'prompt_tokens':1,'completion_tokens':1,'cost':0.00014}}")),
                Ended.COMPLETE);
        AttemptUsage messages = settle(
                reader(
                        UsageShape.MESSAGES,
                        JSON,
                        "{'id':'msg','model':'claude','usage':{'input_tokens':1,'output_tokens':1,"
                                + "'service_tier':'priority','inference_geo':'us','speed':'fast'}}"),
                Ended.COMPLETE);

        assertThat(chat.answer())
                .isEqualTo(
                        new AttemptUsage.Answer("org/m", "gen-1", "flex", null, null, new Money(140_000_000, "USD")));
        assertThat(messages.answer())
                .isEqualTo(new AttemptUsage.Answer("claude", "msg", "priority", "us", "fast", null));
    }

    @Test
    void readsCostInTicksAndInAnyNotation() {
        List<String> costs =
                List.of("'cost_in_usd_ticks':37756000", "'cost':0.0037756", "'cost':3.7756e-3", "'cost':'0.00377560'");

        assertThat(costs)
                .allSatisfy(cost -> assertThat(
                                settle(reader(UsageShape.CHAT, JSON, "{'usage':{%s}}".formatted(cost)), Ended.COMPLETE)
                                        .answer()
                                        .cost())
                        .isEqualTo(new Money(3_775_600_000L, "USD")));
        AttemptUsage odd = settle(reader(UsageShape.CHAT, JSON, "{'usage':{'cost':1e30}}"), Ended.COMPLETE);
        assertThat(odd.answer().cost()).isNull();
        assertThat(odd.anomalies()).containsExactly(UsageAnomaly.TOO_LARGE);
    }

    @Test
    void namesThatAreNoneAreNotKept() {
        String longest = "m".repeat(200);
        for (String name : List.of(longest, "a\\u0007b", "")) {
            UsageReader reader = reader(UsageShape.CHAT, JSON, "{'model':'%s'}".formatted(name));
            assertThat(settle(reader, Ended.COMPLETE).answer().model()).as(name).isNull();
        }
    }

    @Test
    void allocatesNothingForAnEvent() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        byte[] event = stream(
                        "{'id':'c','model':'m','service_tier':'default','choices':[{'index':0,'delta':{'content':'ab'}}],"
                                + "'usage':{'prompt_tokens':7,'completion_tokens':1,'total_tokens':8,'cost':0.5}}")
                .replace('\'', '"')
                .getBytes(UTF_8);
        UsageReader reader = new UsageReader(UsageShape.CHAT, EVENTS);
        reader.accept(event, 0, event.length);

        long before = threads.getCurrentThreadAllocatedBytes();
        for (int events = 0; events < 10_000; events++) {
            reader.accept(event, 0, event.length);
        }

        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000);
    }

    @Test
    void u18AnAnswerOfAnyLengthIsReadToItsEnd() {
        UsageReader reader = new UsageReader(UsageShape.CHAT, JSON);
        byte[] begin = "{\"choices\":[{\"message\":{\"content\":\"".getBytes(UTF_8);
        byte[] text = "x".repeat(1 << 20).getBytes(UTF_8);
        byte[] end = "\"}}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}".getBytes(UTF_8);

        reader.accept(begin, 0, begin.length);
        for (int mebibyte = 0; mebibyte < 500; mebibyte++) {
            reader.accept(text, 0, text.length);
        }
        reader.accept(end, 0, end.length);

        assertThat(reader.textBytes()).isEqualTo(500L << 20);
        assertThat(settle(reader, Ended.COMPLETE).usage()).isEqualTo(Usage.of(3, 4));
    }

    /**
     * An answer that ended in some way.
     *
     * @param sources of the input, the output, and both
     */
    private record End(
            String name,
            UsageShape shape,
            String body,
            Ended ended,
            List<UsageSource> sources,
            @Nullable UsageMissing missing,
            Usage usage) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<End> ends() {
        String text = "{'choices':[{'delta':{'content':'12345678'},'finish_reason':null}],'usage':null}";
        String finish = "{'choices':[{'delta':{},'finish_reason':'stop'}]}";
        String usage = "{'choices':[],'usage':{'prompt_tokens':9,'completion_tokens':3}}";
        String running =
                "{'choices':[{'delta':{'content':'12345678'}}],'usage':{'prompt_tokens':9,'completion_tokens':3}}";
        String start = "{'type':'message_start','message':{'usage':{'input_tokens':25,'output_tokens':1}}}";
        String block = "{'type':'content_block_delta','delta':{'text':'12345678'}}";
        String delta = "{'type':'message_delta','delta':{},'usage':{'output_tokens':10}}";
        String stop = "{'type':'message_delta','delta':{'stop_reason':'end_turn'},'usage':{'output_tokens':12}}";
        String gemini = "{'candidates':[{'content':{'parts':[{'text':'12345678'}]}}],"
                + "'usageMetadata':{'promptTokenCount':9,'candidatesTokenCount':3}}";
        List<UsageSource> reported = List.of(UsageSource.REPORTED, UsageSource.REPORTED, UsageSource.REPORTED);
        List<UsageSource> estimated = List.of(UsageSource.ESTIMATED, UsageSource.ESTIMATED, UsageSource.ESTIMATED);
        List<UsageSource> inputOnly = List.of(UsageSource.REPORTED, UsageSource.ESTIMATED, UsageSource.PARTIAL);
        List<UsageSource> partial = List.of(UsageSource.REPORTED, UsageSource.PARTIAL, UsageSource.PARTIAL);
        return Stream.of(
                new End(
                        "E1 chat, client gone",
                        UsageShape.CHAT,
                        stream(text),
                        Ended.CLIENT_GONE,
                        estimated,
                        UsageMissing.CLIENT_GONE,
                        Usage.of(100, 2)),
                new End(
                        "E5 chat, cut",
                        UsageShape.CHAT,
                        stream(text, finish),
                        Ended.CUT,
                        estimated,
                        UsageMissing.CUT,
                        Usage.of(100, 2)),
                new End(
                        "chat that tells none",
                        UsageShape.CHAT,
                        stream(text, finish),
                        Ended.COMPLETE,
                        estimated,
                        UsageMissing.NOT_OFFERED,
                        Usage.of(100, 2)),
                new End(
                        "E4 chat, client gone behind the usage",
                        UsageShape.CHAT,
                        stream(text, finish, usage),
                        Ended.CLIENT_GONE,
                        reported,
                        null,
                        Usage.of(9, 3)),
                new End(
                        "E3 running counts, client gone",
                        UsageShape.CHAT,
                        stream(text, running),
                        Ended.CLIENT_GONE,
                        partial,
                        UsageMissing.CLIENT_GONE,
                        Usage.of(9, 3)),
                new End(
                        "E2 messages, client gone: input exact",
                        UsageShape.MESSAGES,
                        stream(start, block),
                        Ended.CLIENT_GONE,
                        inputOnly,
                        UsageMissing.CLIENT_GONE,
                        Usage.of(25, 2)),
                new End(
                        "E2 messages, client gone at once",
                        UsageShape.MESSAGES,
                        stream(start),
                        Ended.CLIENT_GONE,
                        inputOnly,
                        UsageMissing.CLIENT_GONE,
                        Usage.of(25, 1)),
                new End(
                        "messages, cut between deltas",
                        UsageShape.MESSAGES,
                        stream(start, block, delta),
                        Ended.CUT,
                        partial,
                        UsageMissing.CUT,
                        Usage.of(25, 10)),
                new End(
                        "messages, client gone behind the last delta",
                        UsageShape.MESSAGES,
                        stream(start, block, stop),
                        Ended.CLIENT_GONE,
                        reported,
                        null,
                        Usage.of(25, 12)),
                new End(
                        "E3 Gemini, client gone",
                        UsageShape.GEMINI,
                        stream(gemini),
                        Ended.CLIENT_GONE,
                        partial,
                        UsageMissing.CLIENT_GONE,
                        Usage.of(9, 3)),
                new End(
                        "U17 bytes that are no text",
                        UsageShape.CHAT,
                        "{\u0000",
                        Ended.COMPLETE,
                        estimated,
                        UsageMissing.UNREADABLE,
                        Usage.of(100, 0)));
    }

    @ParameterizedTest
    @MethodSource("ends")
    void saysHowFarCountsAreToBeTrusted(End end) {
        AttemptUsage settled = settle(reader(end.shape, EVENTS, end.body), end.ended);

        assertThat(List.of(settled.inputSource(), settled.outputSource(), settled.source()))
                .isEqualTo(end.sources);
        assertThat(settled.missing()).isEqualTo(end.missing);
        assertThat(settled.usage()).isEqualTo(end.usage);
        assertThat(settled.estimate() != null).isEqualTo(end.sources.contains(UsageSource.ESTIMATED));
    }

    @Test
    void anInputThatWasNotMeasuredStaysUnknown() {
        UsageReader reader = reader(UsageShape.CHAT, EVENTS, stream("{'choices':[{'delta':{'content':'12345678'}}]}"));

        AttemptUsage settled = reader.settle(Ended.CUT, -1, TokenRatio.ASSUMED);

        assertThat(settled.usage()).hasToString("{output_tokens=2}");
        assertThat(settled.inputSource()).isEqualTo(UsageSource.NONE);
        assertThat(settled.source()).isEqualTo(UsageSource.ESTIMATED);
    }

    @Test
    void measuresTextAsItIsMeant() {
        List<String> shown = new ArrayList<>();
        for (String text :
                List.of("ab", "a\\n\\\"", "\\u00e4\\u20AC", "\\ud83d\\ude00", "\u00e4\u20ac\ud83d\ude00", "\\u0041")) {
            UsageReader reader =
                    reader(UsageShape.CHAT, EVENTS, stream("{'choices':[{'delta':{'content':'%s'}}]}".formatted(text)));
            shown.add(text.length() + ":" + reader.textBytes());
        }

        assertThat(shown).containsExactly("2:2", "5:3", "12:5", "12:4", "4:9", "6:1");
    }

    @Test
    void measuresAllThatTheModelMakes() {
        assertThat(reader(
                                UsageShape.CHAT,
                                EVENTS,
                                stream("{'choices':[{'delta':{'reasoning_content':'abc','tool_calls':[{'id':'x',"
                                        + "'function':{'name':'fn','arguments':'{}'}}]}},{'text':'z'}]}"))
                        .textBytes())
                .isEqualTo(8);
        assertThat(reader(
                                UsageShape.GEMINI,
                                JSON,
                                "{'candidates':[{'content':{'parts':[{'text':'ab'},"
                                        + "{'functionCall':{'name':'fn','args':{'a':[1,{}]}}},{'inlineData':{'data':'AAAA'}}]}}]}")
                        .textBytes())
                .isEqualTo(2 + 2 + "{'a':[1,{}]}".length());
        assertThat(reader(UsageShape.MESSAGES, JSON, "{'content':[{'thinking':'ab'},{'input':{'a':1},'name':'fn'}]}")
                        .textBytes())
                .isEqualTo(2 + "{'a':1}".length());
        assertThat(reader(
                                UsageShape.RESPONSES,
                                EVENTS,
                                stream("{'type':'response.output_text.delta','delta':'abc'}")
                                        + stream(
                                                "{'type':'response.completed','response':{'output':[{'content':[{'text':'abc'}]}]}}"))
                        .textBytes())
                .isEqualTo(3);
    }

    private static UsageReader read(UsageShape shape, String... events) {
        UsageReader reader = new UsageReader(shape, EVENTS);
        byte[] bytes = stream(events).replace('\'', '"').getBytes(UTF_8);
        reader.accept(bytes, 0, bytes.length);
        return reader;
    }

    @Test
    void anEmptyReasonIsNoEnd() {
        UsageReader reader = read(
                UsageShape.CHAT,
                "{'choices':[{'delta':{'content':'a'},'finish_reason':''}],'usage':{'prompt_tokens':5,'completion_tokens':1}}");

        AttemptUsage cut = reader.settle(Ended.CUT, 10, TokenRatio.ASSUMED);

        assertThat(cut.outputSource()).isEqualTo(UsageSource.PARTIAL);
    }

    @Test
    void nothingMoreIsLearntWhenAllWasTold() {
        String stop = "{'choices':[{'delta':{},'finish_reason':'stop'}]}";
        String usage = "{'choices':[],'usage':{'prompt_tokens':5,'completion_tokens':1}}";

        assertThat(read(UsageShape.CHAT, stop).mayLearnMore()).isTrue();
        assertThat(read(UsageShape.CHAT, stop, usage).mayLearnMore()).isFalse();
        assertThat(new UsageReader(UsageShape.CHAT, EVENTS, "br").mayLearnMore())
                .isFalse();
    }

    @Test
    void reasoningIsTextThatIsCountedApart() {
        UsageReader chat = read(
                UsageShape.CHAT,
                "{'choices':[{'delta':{'reasoning_content':'abcd'}}]}",
                "{'choices':[{'delta':{'reasoning':'ef','content':'ghi'}}]}");
        assertThat(chat.textBytes()).isEqualTo(9);
        assertThat(chat.reasoningBytes()).isEqualTo(6);

        UsageReader responses = read(
                UsageShape.RESPONSES,
                "{'type':'response.reasoning_summary_text.delta','delta':'abcd'}",
                "{'type':'response.output_text.delta','delta':'ef'}");
        assertThat(responses.textBytes()).isEqualTo(6);
        assertThat(responses.reasoningBytes()).isEqualTo(4);
    }

    @Test
    void soundIsNoText() {
        UsageReader reader = read(
                UsageShape.RESPONSES,
                "{'type':'response.audio.delta','delta':'AAAAAAAAAAAA'}",
                "{'type':'response.output_audio.delta','delta':'AAAAAAAAAAAA'}",
                "{'type':'response.audio_transcript.delta','delta':'abc'}");

        assertThat(reader.textBytes()).isEqualTo(3);
    }

    @Test
    void aTranscriptThatIsRepeatedIsCountedOnce() {
        UsageReader reader = read(
                UsageShape.TRANSCRIPTION,
                "{'type':'transcript.text.delta','delta':'abc'}",
                "{'type':'transcript.text.delta','delta':'def'}",
                "{'type':'transcript.text.done','text':'abcdef'}");

        assertThat(reader.textBytes()).isEqualTo(6);
    }
}
