package io.llmproxy.convert.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonReader;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Schemas in the forms that upstreams take; what cannot be said goes into the description. */
final class SchemasTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "{'type':['string','null']}~{'nullable':true,'type':'string'}",
                "{'type':['string','integer','null']}~{'nullable':true,'anyOf':[{'type':'string'},{'type':'integer'}]}",
                "{'type':[]}~{}",
                "{'const':'x'}~{'enum':['x'],'type':'string'}",
                "{'type':'string','enum':['x']}~{'type':'string','enum':['x']}",
                "{'enum':[1]}~{'description':'{enum: [1]}'}",
                "{'type':'integer','exclusiveMinimum':3}~{'type':'integer','minimum':4}",
                "{'type':'integer','exclusiveMaximum':3}~{'type':'integer','maximum':2}",
                "{'type':'number','exclusiveMaximum':1.5}~{'type':'number','maximum':1.5}",
                "{'exclusiveMinimum':true}~{'description':'{exclusiveMinimum: true}'}",
                "{'description':'d','multipleOf':2}~{'description':'d {multipleOf: 2}'}",
                "{'format':'int32'}~{'format':'int32'}",
                "{'type':'integer','format':'int64'}~{'type':'integer','format':'int64'}",
                "{'type':'string','format':'date-time'}~{'type':'string','format':'date-time'}",
                "{'type':'string','format':'date'}~{'type':'string','description':'{format: \\'date\\'}'}",
                "{'type':['string','null'],'format':'time'}~{'nullable':true,'type':'string','description':'{format: \\'time\\'}'}",
                "{'type':'string','format':'byte'}~{'type':'string','description':'{format: \\'byte\\'}'}",
                "{'format':7}~{'description':'{format: 7}'}",
                "{'anyOf':[{'type':'null'}]}~{'nullable':true}",
                "{'anyOf':[{'type':'string'},{'type':'null'}]}~{'nullable':true,'type':'string'}",
                "{'oneOf':[{'type':'string'},{'type':'number'},5]}~{'anyOf':[{'type':'string'},{'type':'number'}]}",
                "{'anyOf':7}~{}",
                "{'allOf':[{'required':['a']},{'required':['b','a'],'title':'t'},7],'properties':{'a':{},'b':{}}}"
                        + "~{'title':'t','properties':{'a':{},'b':{}},'required':['a','b']}",
                "{'allOf':7}~{}",
                "{'$ref':'#/nowhere'}~{'type':'object'}",
                "{'$ref':'elsewhere'}~{'type':'object'}",
                "{'$defs':{'x':{'$ref':'#/$defs/y'},'y':{'type':'number'}},'items':{'$ref':'#/$defs/x','description':'D'}}"
                        + "~{'items':{'type':'number','description':'D'}}",
                "{'type':'array'}~{'type':'array','items':{}}",
                "{'type':'array','items':true}~{'type':'array','items':{}}",
                "{'type':'object','properties':{'a':true},'required':['a','b',1]}"
                        + "~{'type':'object','properties':{'a':{}},'required':['a']}",
                "{'type':'object','required':['b'],'additionalProperties':false}~{'type':'object'}",
                "{'properties':5}~{'properties':{}}",
            })
    void googlesOwnFormKnowsFewWords(String schema, String own) {
        assertThat(json(GeminiSchemas.own(parse(schema)))).isEqualTo(own.replace("\\'", "\\\""));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "{'type':['string','null'],'const':1}~{'type':['string','null'],'enum':[1]}",
                "{'definitions':{'a':{'minLength':1},'b':true},'items':{'$ref':'#/definitions/a','title':'x','pattern':'p'}}"
                        + "~{'$defs':{'a':{'description':'{minLength: 1}'},'b':{}},'items':{'$ref':'#/$defs/a'}}",
                "{'$ref':5}~{'$ref':5}",
                "{'properties':7,'anyOf':[{'pattern':'p'},true],'oneOf':7}"
                        + "~{'properties':{},'anyOf':[{'description':'{pattern: \\'p\\'}'},true],'oneOf':[]}",
                "{'allOf':[{'properties':{'a':{}}},{'properties':{'b':{}}}],'description':'d','$schema':'s','default':1}"
                        + "~{'properties':{'a':{},'b':{}},'description':'d'}",
                "{'allOf':[{'$ref':'#/definitions/a'}],'description':'d','definitions':{'a':{}}}"
                        + "~{'description':'d','$defs':{'a':{}},'anyOf':[{'$ref':'#/$defs/a'}]}",
                "{'allOf':[{'$ref':'#/$defs/a'}],'$defs':{'a':{}}}~{'$ref':'#/$defs/a','$defs':{'a':{}}}",
                "{'allOf':[{'$ref':'#/$defs/a'}],'anyOf':[{}],'title':'t'}~{'$ref':'#/$defs/a'}",
                "{'additionalProperties':{'format':'x','minProperties':1}}"
                        + "~{'additionalProperties':{'format':'x','description':'{minProperties: 1}'}}",
            })
    void theFormOfNewerModelsKnowsMore(String schema, String clean) {
        assertThat(json(GeminiSchemas.jsonSchema(parse(schema)))).isEqualTo(clean.replace("\\'", "\\\""));
    }

    /** Google takes a way back only where nothing requires it. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "{'$ref':'#/$defs/t','$defs':{'t':{'properties':{'v':{},'c':{'items':{'$ref':'#/$defs/t'}}},'required':['v','c']}}}"
                        + "~{'$ref':'#/$defs/t','$defs':{'t':{'properties':{'v':{},'c':{'items':{'$ref':'#/$defs/t'}}},'required':['v'],"
                        + "'description':'{required: [\\'c\\']}'}}}",
                "{'properties':{'t':{'$ref':'#/$defs/t'}},'required':['t'],'$defs':{'t':{'properties':{'c':{'$ref':'#/$defs/t'}}}}}"
                        + "~{'properties':{'t':{'$ref':'#/$defs/t'}},'required':['t'],'$defs':{'t':{'properties':{'c':{'$ref':'#/$defs/t'}}}}}",
                "{'description':'d','properties':{'next':{'anyOf':[{'$ref':'#'},{'type':'null'}]}},'required':['next',1]}"
                        + "~{'description':'d {required: [\\'next\\']}','properties':{'next':{'anyOf':[{'$ref':'#'},{'type':'null'}]}},"
                        + "'required':[1]}",
                "{'definitions':{'a':{'properties':{'b':{'$ref':'#/definitions/b'}},'required':['b']},"
                        + "'b':{'allOf':[{'properties':{'a':{'$ref':'#/definitions/a'},'c':{'$ref':'#/nowhere'}},'required':['a','c']}]}}}"
                        + "~{'$defs':{'a':{'properties':{'b':{'$ref':'#/$defs/b'}},'description':'{required: [\\'b\\']}'},"
                        + "'b':{'properties':{'a':{'$ref':'#/$defs/a'},'c':{'$ref':'#/nowhere'}},'required':['c'],"
                        + "'description':'{required: [\\'a\\']}'}}}",
            })
    void aWayBackIsNotRequired(String schema, String json) {
        Json.Obj given = parse(schema);
        assertThat(json(GeminiSchemas.jsonSchema(given))).isEqualTo(json.replace("\\'", "\\\""));
        assertThat(given).isEqualTo(parse(schema));
    }

    @Test
    void aSchemaThatHoldsItselfIsCutOff() {
        Json.Obj schema =
                parse("{'$ref':'#/$defs/n','$defs':{'n':{'type':'object','properties':{'n':{'$ref':'#/$defs/n'}}},"
                        + "'loop':{'$ref':'#/$defs/loop'}}}");
        assertThat(GeminiSchemas.own(schema).text()).hasSizeLessThan(300);
        Json.Obj loop = parse(
                "{'$ref':'#/$defs/a','$defs':{'a':{'items':{'$ref':'#/$defs/b'}},'b':{'items':{'$ref':'#/$defs/a'}}}}");
        assertThat(GeminiSchemas.own(loop).text()).hasSizeLessThan(300);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "{'type':'OBJECT','properties':{'a':{'type':'STRING','nullable':true}},'propertyOrdering':['a']}"
                        + "~{'type':'object','properties':{'a':{'type':['string','null']}}}",
                "{'type':'ARRAY','maxItems':'2','minItems':'x','items':{'anyOf':[{'type':'NUMBER'},5]}}"
                        + "~{'type':'array','maxItems':2,'minItems':0,'items':{'anyOf':[{'type':'number'},5]}}",
            })
    void googlesOwnFormIsReadAsJsonSchema(String own, String schema) {
        assertThat(json(GeminiSchemas.toJsonSchema(parse(own)))).isEqualTo(schema);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "{'type':'object'}~{'type':'object','additionalProperties':false}",
                "{'properties':{'a':{'minLength':1,'description':'d'},'b':true}}"
                        + "~{'properties':{'a':{'description':'d {minLength: 1}'},'b':true},'additionalProperties':false}",
                "{'minItems':1,'format':'uuid'}~{'minItems':1,'format':'uuid'}",
                "{'minItems':5,'format':'color'}~{'description':'{minItems: 5, format: \\'color\\'}'}",
                "{'oneOf':[{'maximum':1},7],'enum':[{'maximum':1}],'properties':5}"
                        + "~{'anyOf':[{'description':'{maximum: 1}'},7],'enum':[{'maximum':1}],'properties':{},"
                        + "'additionalProperties':false}",
            })
    void anthropicHoldsAModelToTheShapeOnly(String schema, String strict) {
        assertThat(json(StrictSchemas.of(parse(schema)))).isEqualTo(strict.replace("\\'", "\\\""));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "{'$ref':'#/$defs/a','$defs':{'a':{'$ref':'#/$defs/a'}}}",
                "{'$ref':'#/$defs/a','$defs':{'a':{'$ref':'#/$defs/b'},'b':{'$ref':'#/$defs/a'}}}",
                "{'$ref':'#'}",
            })
    void aReferenceToItselfSaysNothing(String schema) {
        assertThat(json(GeminiSchemas.own(parse(schema)))).isEqualTo("{'type':'object'}");
    }

    @Test
    void definitionsThatAllNameEachOtherAreInlinedOnlySoFar() {
        Json.Obj all = new Json.Obj();
        IntStream.range(0, 12).forEach(at -> all.put("p" + at, new Json.Obj().put("$ref", "#/$defs/d" + at)));
        Json.Obj definitions = new Json.Obj();
        IntStream.range(0, 12).forEach(at -> definitions.put("d" + at, new Json.Obj().put("properties", all)));

        Json.Obj own =
                GeminiSchemas.own(new Json.Obj().put("$defs", definitions).put("properties", all));

        assertThat(own.bytes().length).isLessThan(8 << 20);
    }

    @Test
    void aLongWordIsNotRepeatedWithoutEnd() {
        Json.Obj many = new Json.Obj();
        IntStream.range(0, 1000).forEach(at -> many.put("p" + at, new Json.Obj().put("$ref", "#/$defs/long")));
        Json.Obj told = new Json.Obj().put("type", "string").put("description", "d".repeat(100_000));

        Json.Obj own = GeminiSchemas.own(
                new Json.Obj().put("properties", many).put("$defs", new Json.Obj().put("long", told)));

        assertThat(own.bytes().length).isLessThan(8 << 20);
    }

    @Test
    void whatIsNoSchemaIsNotRepeatedWithoutEnd() {
        Json.Obj not = new Json.Obj().put("not", new Json.Obj().put("const", "d".repeat(100_000)));
        Json.Obj properties = new Json.Obj();
        IntStream.range(0, 1000).forEach(at -> properties.put("p" + at, true));

        assertThat(repeated(not).bytes().length).isLessThan(8 << 20);
        assertThat(repeated(new Json.Obj().put("properties", properties)).bytes().length)
                .isLessThan(8 << 20);
    }

    @Test
    void whatIsSaidBesideAReferenceIsNotRepeatedWithoutEnd() {
        Json.Obj told = new Json.Obj().put("$ref", "#/$defs/one").put("description", "d".repeat(100_000));

        assertThat(repeated(new Json.Obj().put("items", told)).bytes().length).isLessThan(8 << 20);
    }

    /** What a thousand references to a definition become. */
    private static Json.Obj repeated(Json.Obj definition) {
        Json.Obj many = new Json.Obj();
        IntStream.range(0, 1000).forEach(at -> many.put("p" + at, new Json.Obj().put("$ref", "#/$defs/one")));
        return GeminiSchemas.own(
                new Json.Obj().put("properties", many).put("$defs", new Json.Obj().put("one", definition)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "{'properties':{'a_1':{}}}~true",
                "{'properties':{'a-b':{}}}~false",
                "{'properties':{'1a':{}}}~false",
                "{'items':{'properties':{'x.y':{}}}}~false",
                "{'anyOf':[{},{'properties':{'':{}}}]}~false",
                "{'properties':{'a':{'items':{'properties':{'b':{}}}}}}~true",
            })
    void googlesOwnFormTakesPlainNamesOnly(String own, boolean plain) {
        assertThat(GeminiSchemas.hasPlainNames(parse(own))).isEqualTo(plain);
    }

    private static Json.Obj parse(String text) {
        return Objects.requireNonNull(JsonReader.object(text.replace('\'', '"')));
    }

    private static String json(Json json) {
        return json.text().replace("\\\"", "\u0000").replace('"', '\'').replace("\u0000", "\\\"");
    }
}
