package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PromptKeysTest {
    private static PromptKeys keys(String body) {
        return keys(Endpoint.CHAT, body);
    }

    private static PromptKeys keys(Endpoint endpoint, String body) {
        return PromptKeys.of(endpoint, List.of(ByteBuffer.wrap(body.getBytes(UTF_8))));
    }

    /** A body in single quotes, which are easier to read. */
    private static String json(String body) {
        return body.replace('\'', '"');
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CHAT     | {'messages':[{'role':'system','content':'S'},{'role':'user','content':'Q'}%s]}"
                        + " | ,{'role':'assistant','content':'A'},{'role':'user','content':'R'}",
                "CHAT     | {'messages':[{'content':'Q','role':'user'}%s],'model':'m'} | ,{'role':'assistant','content':null}",
                "MESSAGE  | {'system':[{'type':'text','text':'S'}],'messages':[{'role':'user','content':'Q'}%s]}"
                        + " | ,{'role':'assistant','content':[{'type':'text','text':'A'}]},{'role':'user','content':'R'}",
                "RESPONSE | {'instructions':'S','input':[{'role':'user','content':[{'type':'input_text','text':'Q'}]}%s]}"
                        + " | ,{'type':'function_call','call_id':'c','name':'f','arguments':'{}'}",
                "GEMINI_GENERATE | {'contents':[{'parts':[{'text':'Q'}]}%s],'systemInstruction':{'parts':[{'text':'S'}]}}"
                        + " | ,{'role':'model','parts':[{'text':'A'}]},{'parts':[{'text':'R'}]}",
            })
    void allTurnsOfAConversationHaveOnePrefix(Endpoint endpoint, String turn, String more) {
        PromptKeys first = keys(endpoint, json(turn.formatted("")));
        PromptKeys later = keys(endpoint, json(turn.formatted(more)));
        PromptKeys other = keys(endpoint, json(turn.formatted("").replace("'Q'", "'P'")));

        assertThat(first.prefix()).isNotZero().isEqualTo(later.prefix()).isNotEqualTo(other.prefix());
        assertThat(first.cacheKey()).isZero();
        assertThat(first.user()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'messages':[{'role':'user','content':'Q'}],'system':'S'}",
                "{'system':[{'type':'text','text':'S','cache_control':{'type':'ephemeral','ttl':'1h'}}],"
                        + "'messages':[{'role':'user','content':[{'type':'text','text':'Q'}]}]}",
                "{'model':'m','metadata':{'a':'b'},'system':'S','tools':[{'name':'t'}],"
                        + "'messages':[{'id':'msg_1','content':[{'text':'Q','cache_control':{'type':'ephemeral'}}],'role':'user'}]}",
            })
    void whatIsSaidCountsAndNotHowItIsWritten(String body) {
        String plain = "{'system':'S','messages':[{'content':'Q','role':'user'}]}";

        assertThat(keys(Endpoint.MESSAGE, json(body)).prefix())
                .isEqualTo(keys(Endpoint.MESSAGE, json(plain)).prefix());
    }

    @Test
    void instructionsCount() {
        String body = json("{'system':'S','messages':[{'role':'user','content':'Q'}]}");

        assertThat(keys(body).prefix())
                .isNotEqualTo(keys(body.replace("\"S\"", "\"T\"")).prefix());
        assertThat(keys(json("{'instructions':'S'}")).prefix()).isNotZero();
    }

    @Test
    void aPromptThatIsOneTextCountsByItsBeginning() {
        String beginning = "x".repeat(512);

        PromptKeys one = keys(Endpoint.COMPLETION, json("{'prompt':'%sA'}".formatted(beginning)));

        assertThat(keys(Endpoint.COMPLETION, json("{'prompt':'%sB and more'}".formatted(beginning)))
                        .prefix())
                .isNotZero()
                .isEqualTo(one.prefix())
                .isNotEqualTo(keys(Endpoint.COMPLETION, json("{'prompt':'y'}")).prefix());
    }

    @Test
    void namesOfACacheAndOfAUserAreFoundWhereverTheyStand() {
        PromptKeys keys = keys(json("{'messages':[{'role':'user','content':'Q','user':'not this'}],"
                + "'user':'u','stream':true,'prompt_cache_key':'k'}"));

        assertThat(keys.cacheKey()).isNotZero();
        assertThat(keys.user()).isNotZero().isNotEqualTo(keys.cacheKey());
        assertThat(keys(json("{'prompt_cache_key':'k','user':'u'}")).cacheKey()).isEqualTo(keys.cacheKey());
        assertThat(keys(json("{'safety_identifier':'u'}")).user()).isEqualTo(keys.user());
        assertThat(keys(json("{'metadata':{'other':'v','user_id':'u','more':{'user_id':'w'}}}"))
                        .user())
                .isEqualTo(keys.user());
        assertThat(keys(json("{'prompt_cache_key':'l'}")).cacheKey()).isNotEqualTo(keys.cacheKey());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no JSON",
                "[]",
                "{'model':'m'}",
                "{'prompt_cache_key':7,'user':null,'metadata':{'user_id':7}}",
                "{'prompt_cache_key':['k'],'user':{'id':'u'}}",
                "{'messages':[{'role':'user','content':'Q'}] no more}"
            })
    void otherBodiesSayNothing(String body) {
        assertThat(keys(json(body))).isEqualTo(PromptKeys.NONE);
    }

    @Test
    void textsToEmbedAreNoPrompt() {
        PromptKeys keys = keys(Endpoint.EMBEDDING, json("{'input':'text','user':'u'}"));

        assertThat(keys.prefix()).isZero();
        assertThat(keys.user()).isNotZero();
    }

    @Test
    void itDoesNotMatterWhereABodyIsCut() {
        byte[] body = json("{'prompt_cache_key':'k','system':[{'type':'text','text':'S'}],'messages':["
                        + "{'role':'system','content':'T'},{'role':'user','content':'Q'},{'role':'assistant'}],'user':'u'}")
                .getBytes(UTF_8);
        PromptKeys whole = PromptKeys.of(Endpoint.CHAT, List.of(ByteBuffer.wrap(body)));
        assertThat(whole.prefix()).isNotZero();
        for (int cut = 0; cut <= body.length; cut++) {
            ByteBuffer first = ByteBuffer.wrap(body, 0, cut).slice();
            ByteBuffer second = ByteBuffer.allocateDirect(body.length - cut)
                    .put(body, cut, body.length - cut)
                    .flip();

            assertThat(PromptKeys.of(Endpoint.CHAT, List.of(first, second))).isEqualTo(whole);
            assertThat(first.position()).isZero();
            assertThat(second.position()).isZero();
        }
    }

    @Test
    void ofALongBodyOnlyTheFirstMebibyteIsRead() {
        String text = "z".repeat(1 << 20);

        PromptKeys keys = keys(json("{'instructions':'S','input':'%s','user':'u'}".formatted(text)));

        assertThat(keys.prefix()).isNotZero();
        assertThat(keys.user()).as("it stands too far back").isZero();
    }

    @Test
    void ofALongTextOnlyTheBeginningCounts() {
        String text = "z".repeat(1 << 16);

        assertThat(keys(json("{'instructions':'%sA'}".formatted(text))).prefix())
                .isEqualTo(keys(json("{'instructions':'%sB'}".formatted(text))).prefix());
    }
}
