package io.llmproxy.config.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.Key;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.Setting;
import io.llmproxy.config.Unit;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the loader relies on of every record component. */
final class ConfigRecordsTest {
    @ParameterizedTest
    @MethodSource("components")
    void componentIsNullableExactlyIfItHasNoValueWhenAbsent(RecordComponent component) {
        Key key = Key.of(component);
        boolean absentIsNull = (key.isList() || key.isSection())
                ? !key.isList() && key.section().isSwitchable()
                : !key.isModels()
                        && key.setting().byDefault().isEmpty()
                        && !key.setting().required();

        assertThat(component.getAnnotatedType().isAnnotationPresent(Nullable.class))
                .isEqualTo(absentIsNull);
    }

    @ParameterizedTest
    @MethodSource("components")
    void defaultIsLegal(RecordComponent component) {
        Key key = Key.of(component);
        String byDefault = key.setting().byDefault();

        assertThat(byDefault.isEmpty()
                        || ValueType.of(key, Path.of("")).parse(byDefault).isPresent())
                .isTrue();
    }

    @ParameterizedTest
    @MethodSource("components")
    void numberStatesItsRangeAndDurationItsUnit(RecordComponent component) {
        Class<?> type = each(component);
        Setting setting = Key.of(component).setting();
        boolean duration = type == Duration.class;
        boolean number = duration
                || type == Integer.class
                || type == Double.class
                || (type.isPrimitive() && type != boolean.class);

        assertThat(Double.isFinite(setting.min()) && Double.isFinite(setting.max()))
                .isEqualTo(number);
        assertThat(setting.unit() == Unit.SECONDS || setting.unit() == Unit.MILLISECONDS)
                .isEqualTo(duration);
        assertThat(setting.unit() == Unit.BYTES).isEqualTo(type == long.class);
    }

    /** What a range is about: each element of a list. */
    private static Class<?> each(RecordComponent component) {
        return component.getGenericType() instanceof ParameterizedType list
                        && list.getActualTypeArguments()[0] instanceof Class<?> element
                ? element
                : component.getType();
    }

    @ParameterizedTest
    @MethodSource("components")
    void meaningIsASentence(RecordComponent component) {
        assertThat(Key.of(component).setting().value()).matches("[A-Z`].*\\.").doesNotContain("|", "\n");
    }

    static Stream<RecordComponent> components() {
        return components(ProxyConfig.class);
    }

    private static Stream<RecordComponent> components(Class<? extends Record> type) {
        return Stream.of(type.getRecordComponents()).flatMap(component -> {
            Key key = Key.of(component);
            Stream<RecordComponent> within =
                    key.isSection() ? components(key.section().type()) : Stream.empty();
            return Stream.concat(Stream.of(component), within);
        });
    }
}
