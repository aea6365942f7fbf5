package io.llmproxy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Allocation;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StreamEndTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String MESSAGES = "/v1/messages";
    private static final String RESPONSES = "/v1/responses";
    private static final String GEMINI = "/v1beta/models/g:streamGenerateContent";

    private static boolean seen(String path, String stream) {
        byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
        StreamEnd whole = StreamEnd.of(ApiPath.of(path).endpoint());
        whole.scan(bytes, 0, bytes.length);
        for (int cut = 0; cut <= bytes.length; cut++) {
            StreamEnd split = StreamEnd.of(ApiPath.of(path).endpoint());
            split.scan(bytes, 0, cut);
            split.scan(bytes, cut, bytes.length - cut);
            assertThat(split.seen()).as("cut at " + cut).isEqualTo(whole.seen());
        }
        return whole.seen();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/chat/completions | data: [DONE]",
                "/v1/chat/completions | data:[DONE]",
                "/v1/chat/completions | data: {\"choices\":[{\"delta\":{},\"finish_reason\": \"stop\"}]}",
                "/chat/completions | data: {\"error\": {\"message\":\"x\"}}",
                "/v1/completions | data: {\"choices\":[{\"text\":\"\",\"finish_reason\":\"length\"}]}",
                "/v1/messages | data: {\"type\": \"message_stop\"}",
                "/v1/messages | data: {\"type\":\"error\",\"error\":{}}",
                "/v1/responses | data: {\"type\":\"response.completed\"}",
                "/v1/responses | data: {\"type\":\"response.incomplete\"}",
                "/v1beta/models/g:streamGenerateContent | data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}",
                "/v1beta/models/g:streamGenerateContent | data: {\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}",
                "/v1/projects/p/locations/l/publishers/google/models/g:streamGenerateContent | "
                        + "data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}",
                "/v1/projects/p/locations/l/publishers/anthropic/models/c:streamRawPredict | "
                        + "data: {\"type\":\"message_stop\"}",
                "/v1/unknown | "
            })
    void anAnswerThatIsComplete(String path, String stream) {
        assertThat(seen(path, stream == null ? "" : stream)).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/chat/completions | data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":null}]}",
                "/v1/chat/completions | data: {\"content\":\"data: [DONE]\"}",
                "/v1/chat/completions | data: {\"content\":\"\\\"finish_reason\\\":\\\"stop\\\"\"}",
                "/v1/chat/completions | data: {\"type\":\"message_stop\"}",
                "/v1/messages | data: {\"type\":\"content_block_stop\"}",
                "/v1/messages | data: [DONE]",
                "/v1/responses | data: {\"type\":\"response.output_text.delta\"}",
                "/v1beta/models/g:streamGenerateContent | data: {\"candidates\":[{\"content\":{}}]}",
                "/v1/projects/p/locations/l/publishers/google/models/g:streamGenerateContent | "
                        + "data: {\"candidates\":[{\"content\":{}}]}",
                "/v1/projects/p/locations/l/publishers/anthropic/models/c:streamRawPredict | data: {\"type\":\"ping\"}"
            })
    void anAnswerThatIsNot(String path, String stream) {
        assertThat(seen(path, stream)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/chat/completions | true | data: {\"error\": {\"message\":\"x\"}}",
                "/v1/chat/completions | false | data: {\"error\": null}",
                "/v1/chat/completions | false | data: [DONE]",
                "/v1/messages | true | data: {\"type\":\"error\",\"error\":{}}",
                "/v1/messages | false | data: {\"type\":\"message_stop\"}",
                "/v1/responses | true | data: {\"type\":\"response.failed\"}",
                "/v1/responses | true | data: {\"type\":\"error\"}",
                "/v1/responses | false | data: {\"type\":\"response.incomplete\"}",
                "/v1/responses | false | data: {\"type\":\"response.completed\",\"error\":{\"type\":\"error\"}}",
                "/v1beta/models/g:streamGenerateContent | true | data: {\"error\":{\"code\":503}}",
                "/v1beta/models/g:streamGenerateContent | false | data: {\"finishReason\":\"SAFETY\"}",
                "/openai/deployments/d/chat/completions | true | data: {\"error\":{\"code\":503}}",
                "/v1/unknown | false | data: {\"error\":{}}",
            })
    void aStreamMaySayThatItFailed(String path, boolean failed, String stream) {
        byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
        StreamEnd end = StreamEnd.of(ApiPath.of(path).endpoint());
        for (byte next : bytes) {
            end.scan(new byte[] {next}, 0, 1);
        }
        assertThat(end.failed()).isEqualTo(failed);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1beta/models/g:streamGenerateContent"
            })
    void anEventAllocatesNothing(String path) {
        byte[] event = "data: {\"type\":\"delta\",\"delta\":{\"content\":\" word\"},\"finish_reason\":null}\n\n"
                .getBytes(StandardCharsets.UTF_8);
        StreamEnd end = StreamEnd.of(ApiPath.of(path).endpoint());

        assertThat(Allocation.perCall(10_000, () -> end.scan(event, 0, event.length)))
                .isZero();
        assertThat(end.seen()).isFalse();
    }

    private static StreamEnd watch(String path, int choices, String stream) {
        byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
        StreamEnd end = StreamEnd.of(ApiPath.of(path).endpoint(), choices);
        for (byte next : bytes) {
            end.scan(new byte[] {next}, 0, 1);
        }
        StreamEnd whole = StreamEnd.of(ApiPath.of(path).endpoint(), choices);
        whole.scan(bytes, 0, bytes.length);
        assertThat(whole.seen()).as(stream).isEqualTo(end.seen());
        assertThat(whole.failed()).as(stream).isEqualTo(end.failed());
        return end;
    }

    private static String data(String... events) {
        return "data: " + String.join("\n\ndata: ", events).replace('\'', '"') + "\n\n";
    }

    @ParameterizedTest
    @ValueSource(strings = {"''", "null", "'null'"})
    void aReasonThatIsNoneEndsNothing(String reason) {
        assertThat(watch(
                                CHAT,
                                1,
                                data("{'choices':[{'index':0,'delta':{'content':'a'},'finish_reason':" + reason
                                        + "}]}"))
                        .seen())
                .isFalse();
        String gemini = "{'candidates':[{'content':{},'finishReason':%s}]}";
        assertThat(watch(GEMINI, 1, data(gemini.formatted(reason))).seen()).isFalse();
        assertThat(watch(GEMINI, 1, data(gemini.formatted("'FINISH_REASON_UNSPECIFIED'")))
                        .seen())
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void anAnswerIsCompleteWhenAllItsChoicesAre(String end) {
        String first = "{'choices':[{'index':0,'delta':{},'finish_reason':'stop'}]}";
        String second = "{'choices':[{'finish_reason':'stop','delta':{},'index':1}]}";
        String more = "{'choices':[{'index':0,'delta':{'content':'a'}},{'index':1,'delta':{'content':'a'}}]}";
        String unnamed = "{'choices':[{'delta':{},'finish_reason':'stop'},{'delta':{},'finish_reason':'length'}]}";

        assertThat(watch(CHAT, 1, data(more, first).replace("\n", end)).seen()).isFalse();
        assertThat(watch(CHAT, 1, data(more, second).replace("\n", end)).seen()).isFalse();
        assertThat(watch(CHAT, 1, data(more, second, first).replace("\n", end)).seen())
                .isTrue();
        assertThat(watch(CHAT, 1, data(more, first, second).replace("\n", end)).seen())
                .isTrue();
        assertThat(watch(CHAT, 2, data(first).replace("\n", end)).seen()).isFalse();
        assertThat(watch(CHAT, 2, data(first, first).replace("\n", end)).seen()).isFalse();
        assertThat(watch(CHAT, 2, data(first, "[DONE]").replace("\n", end)).seen())
                .isTrue();
        assertThat(watch(CHAT, 2, data(unnamed).replace("\n", end)).seen()).isTrue();
        assertThat(watch(CHAT, 1, data(first).replace("\n", end)).seen()).isTrue();
        String late = "{'choices':[{'index':1,'delta':{'content':'a'},'finish_reason':null}]}";
        String usage = "{'choices':[],'usage':{'total_tokens':3}}";
        assertThat(watch(CHAT, 1, data(first, late).replace("\n", end)).seen()).isFalse();
        assertThat(watch(CHAT, 1, data(first, late, second).replace("\n", end)).seen())
                .isTrue();
        assertThat(watch(CHAT, 1, data(first, usage).replace("\n", end)).seen()).isTrue();
        String candidates = "{'candidates':[{'index':0,'finishReason':'STOP'},{'index':1%s}]}";
        assertThat(watch(GEMINI, 1, data(candidates.formatted("")).replace("\n", end))
                        .seen())
                .isFalse();
        assertThat(watch(
                                GEMINI,
                                1,
                                data(candidates.formatted(",'finishReason':'STOP'"))
                                        .replace("\n", end))
                        .seen())
                .isTrue();
    }

    @Test
    void theIndexOfAToolCallIsNoChoice() {
        assertThat(watch(
                                CHAT,
                                1,
                                data(
                                        "{'choices':[{'index':0,'delta':{'tool_calls':[{'index':1,'function':{}}]}}]}",
                                        "{'choices':[{'index':0,'delta':{},'finish_reason':'tool_calls'}]}"))
                        .seen())
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'index':0,'content':'','stop':true,'stop_type':'eos'}", // llama.cpp
                "{'model':'m','response':'','done':true}", // Ollama
                "{'type':'message-end','delta':{'finish_reason':'COMPLETE'}}", // Cohere
                "{'choices':[{'index':0,'text':'','finish_reason':'eos_token'}]}", // TGI
                "{'choices':[{'index':0,'delta':{},'finish_reason':'insufficient_system_resource'}]}", // DeepSeek
                "{'choices':[{'delta':{},'finish_reason':'stop','index':0,'content_filter_results':{}}]}", // Azure
            })
    void serversEndInTheirOwnWords(String last) {
        StreamEnd end = watch("/completions", 1, data("{'index':0,'content':'hi','stop':false,'done':false}", last));
        assertThat(end.seen()).isTrue();
        assertThat(end.failed()).isFalse();
        assertThat(watch("/completions", 1, data("{'index':0,'content':'hi','stop':false,'done':false}"))
                        .seen())
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: {'error':{'message':'x'}}",
                "data:{'error':'Request failed during generation','error_type':'generation'}", // TGI
                "event: error\ndata: {'message':'context too long','code':400}",
                "event: error\ndata: it broke",
                "data: {'detail':'maximum context length is 4096 tokens'}", // FastAPI
                "data: {'detail':[{'loc':['body'],'msg':'x'}]}",
                "data: {'object':'error','message':'x','type':'BadRequestError','code':400}", // vLLM
                "data: {'code':'InvalidParameter','message':'x','request_id':'r'}", // DashScope
                "error: {'code':500,'message':'x'}", // llama.cpp
                "data: {'id':'g','choices':[{'index':0,'delta':{},'finish_reason':'error'}],'error':{'code':502}}", // OpenRouter
                "data: {'id':'g','error':{'code':502},'choices':[{'index':0,'delta':{},'finish_reason':'error'}]}",
                "data: {'choices':[{'index':0,'delta':{},'finish_reason':'error'}]}",
                "data: {'choices':[{'index':0,'delta':{},'error':{'code':502}}]}",
            })
    void serversFailInTheirOwnWords(String event) {
        String said = data("{'choices':[{'index':0,'delta':{'content':'a'}}]}") + event.replace('\'', '"') + "\n\n";
        assertThat(watch(CHAT, 1, said).failed()).isTrue();
        assertThat(watch(CHAT, 2, said + data("[DONE]")).failed()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {MESSAGES, RESPONSES, GEMINI})
    void theyDoSoInAnyDialect(String path) {
        for (String event :
                new String[] {"{'error':'x'}", "{'error':{'code':5}}", "{'message':'x'}", "{'detail':'x'}"}) {
            assertThat(watch(path, 1, data(event)).failed()).as(event).isTrue();
        }
        assertThat(watch(path, 1, "event: error\ndata: x\n\n").failed()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                CHAT + " | {'choices':[{'index':0,'delta':{'content':'a'}}],'error':null}",
                CHAT + " | {'choices':[{'index':0,'message':{'detail':'a'},'delta':{}}],'message':'x'}",
                CHAT + " | {'choices':[],'usage':{'detail':'x','stop':true}}",
                CHAT + " | {'choices':[{'index':0,'delta':{'finish_reason':'stop'},'finish_reason':null}]}",
                MESSAGES + " | {'type':'message_start','message':{'id':'m'}}",
                MESSAGES + " | {'type':'x','content':{'type':'message_stop','error':'x','message':'y'}}",
                RESPONSES + " | {'type':'response.output_item.done','item':{'type':'mcp_call','error':'x'}}",
                RESPONSES + " | {'type':'response.in_progress','response':{'error':{'message':'x'}}}",
            })
    void whatLiesDeeperSaysNothingOfTheStream(String path, String event) {
        assertThat(watch(path, 1, data(event)).seen()).isFalse();
    }

    @Test
    void aLastEventThatIsCutOffEndsNothing() {
        String last = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}";
        for (int cut = 0; cut < last.length(); cut++) {
            assertThat(watch(CHAT, 1, last.substring(0, cut)).seen())
                    .as("cut at " + cut)
                    .isFalse();
        }
        assertThat(watch(CHAT, 1, last).seen()).isTrue();
        assertThat(watch(CHAT, 1, "event: error\n").seen()).isFalse();
    }

    @Test
    void anEventOfAnySizeIsRead() {
        String large = "{'type':'response.completed','response':{'x':'%s'}}";
        assertThat(watch(RESPONSES, 1, data(large.formatted("x".repeat(100_000))))
                        .seen())
                .isTrue();
        assertThat(watch(RESPONSES, 1, data(large.formatted("x".repeat(300_000))))
                        .seen())
                .isTrue();
        String text = "{'choices':[{'index':0,'delta':{'content':'%s'}}]}".formatted("x".repeat(400_000));
        assertThat(watch(CHAT, 1, data(text, text)).seen()).isFalse();
        assertThat(watch(CHAT, 1, data(text, text, "{'choices':[{'index':0,'finish_reason':'stop'}]}"))
                        .seen())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                CHAT + " | true | {'error':{'message':'You exceeded your current quota'}}",
                CHAT + " | false | {'id':'c','choices':[{'message':{'content':'hi'},'finish_reason':'stop'}]}",
                MESSAGES + " | true | {'type':'error','error':{'type':'invalid_request_error'}}",
                MESSAGES
                        + " | false | {'type':'message','content':[{'type':'text','text':'hi'}],'stop_reason':'end_turn'}",
                RESPONSES + " | false | {'object':'response','status':'completed'}",
                GEMINI + " | false | [{'candidates':[{'content':{}}]},{'candidates':[{'content':{}}]}]",
            })
    void plainJsonIsCompleteWhenItHasComeToItsEnd(String path, boolean failed, String text) {
        String json = text.replace('\'', '"');
        for (String around : new String[] {"%s", "\n %s\r\n", "\uFEFF%s", "%s\n%s\n", "%s\n\ndata: [DONE]\n\n"}) {
            StreamEnd end = watch(path, 1, around.replace("%s", json));
            assertThat(end.isPlainJson()).isTrue();
            assertThat(end.seen()).as(around).isTrue();
        }
        StreamEnd whole = StreamEnd.of(ApiPath.of(path).endpoint());
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        whole.scan(bytes, 0, bytes.length);
        assertThat(whole.failed()).isEqualTo(failed);
        for (int cut = 1; cut < json.length(); cut++) {
            assertThat(watch(path, 1, json.substring(0, cut)).seen())
                    .as("cut at " + cut)
                    .isFalse();
        }
        assertThat(watch(path, 1, data("{}")).isPlainJson()).isFalse();
    }

    @Test
    void aSignIsFoundBehindItsOwnBeginning() {
        assertThat(seen("/v1/messages", "\"type\":\"type\":\"message_stop\"")).isTrue();
        assertThat(seen("/v1/chat/completions", "x\n\ndata: data: [DONE]\r\ndata: [DONE]"))
                .isTrue();
    }

    @Test
    void eachOfManyChoicesHasToBeFinished() {
        int choices = 200;
        StringBuilder stream = new StringBuilder();
        for (int index = 0; index < choices; index++) {
            stream.append(
                    data("{'choices':[{'index':%d,'delta':{'content':'a'},'finish_reason':null}]}".formatted(index)));
        }
        for (int index = choices - 1; index > 0; index--) {
            stream.append(data("{'choices':[{'index':%d,'delta':{},'finish_reason':'stop'}]}".formatted(index)));
            if (index % 50 == 1) {
                assertThat(watch(CHAT, 1, stream.toString()).seen())
                        .as("up to %s", index)
                        .isFalse();
            }
        }
        stream.append(data("{'choices':[{'index':0,'delta':{},'finish_reason':'stop'}]}"));

        assertThat(watch(CHAT, 1, stream.toString()).seen()).isTrue();
        assertThat(watch(CHAT, choices, stream.toString()).seen()).isTrue();
        assertThat(watch(CHAT, choices + 1, stream.toString()).seen()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/chat/completions | event: error^s of no kind",
                "/v1/chat/completions | data: {'message':'x'^,'choices':[{'index':0}]}",
                "/v1/chat/completions | data: {'error':'^'}",
                "/v1/messages | data: {'type':'error^s'}",
                "/v1/messages | data: {'type':'message_stop'^,'type':'ping'",
                "/v1/chat/completions | data: {'choices':[{'index':0,'finish_reason':'stop'}^,{'index':1}]}",
                "/v1beta/models/g:streamGenerateContent | data: {'promptFeedback':{'blockReason':'SAFETY'^}",
            })
    void toAskInTheMiddleOfAnEventChangesNothing(String path, String text) {
        String[] halves = text.replace('\'', '"').split("\\^", -1);
        byte[] first = halves[0].getBytes(StandardCharsets.UTF_8);
        byte[] second = (halves[1] + "\n\n").getBytes(StandardCharsets.UTF_8);
        StreamEnd asked = StreamEnd.of(ApiPath.of(path).endpoint());
        StreamEnd unasked = StreamEnd.of(ApiPath.of(path).endpoint());

        asked.scan(first, 0, first.length);
        unasked.scan(first, 0, first.length);
        for (int times = 0; times < 3; times++) {
            asked.seen();
            asked.failed();
        }
        asked.scan(second, 0, second.length);
        unasked.scan(second, 0, second.length);

        assertThat(asked.seen()).isEqualTo(unasked.seen());
        assertThat(asked.failed()).isEqualTo(unasked.failed());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "true | false | {'type':'message-start'} | {'type':'message-end','delta':{'finish_reason':'COMPLETE'}}",
                "true | false | {'type':'message-start'} | {'type':'message-end','delta':{'finish_reason':'MAX_TOKENS'}}",
                "true | true | {'type':'message-start'} | {'type':'message-end','delta':{'finish_reason':'ERROR','error':'x'}}",
                "true | true | {'type':'message-start'} | {'message':'internal server error'}",
                "false | false | {'type':'message-start'} | {'type':'content-end','index':0}",
                "false | false | {'type':'message-start'} | {'type':'content-delta','delta':{'message':{'content':{'text':'a'}}}}",
                "true | false | {'is_finished':false,'event_type':'text-generation'} | {'is_finished':true,'finish_reason':'COMPLETE'}",
                "true | true | {'is_finished':false,'event_type':'text-generation'} | {'is_finished':true,'finish_reason':'ERROR'}",
                "false | false | {'is_finished':false,'event_type':'stream-start'} | {'is_finished':false,'text':'a'}",
                "true | false | {'text':'of another API'} | {'text':'which ends as it likes'}",
            })
    void coheresAnswersAreWholeWithTheirLastEvent(boolean seen, boolean failed, String first, String last) {
        for (String path : new String[] {"/v2/chat", "/cohere/v2/chat", "/v1/chat"}) {
            StreamEnd end = watch(path, 1, data(first, last));

            assertThat(end.seen()).isEqualTo(seen);
            assertThat(end.failed()).isEqualTo(failed);
        }
    }
}
