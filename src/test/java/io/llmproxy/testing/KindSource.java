package io.llmproxy.testing;

import io.llmproxy.testing.Deployment.Kind;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsProvider;
import org.junit.jupiter.params.provider.ArgumentsSource;
import org.junit.jupiter.params.support.AnnotationConsumer;
import org.junit.jupiter.params.support.ParameterDeclarations;

/**
 * Has a parameterized test run once for each way to run the gateway. With {@code -Dllmproxy.kinds=LAUNCHER} the others are
 * left out, so that a test that names none of these needs {@code allowZeroInvocations}.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ArgumentsSource(KindSource.Provider.class)
public @interface KindSource {
    /** The ways. */
    Kind[] value() default {Kind.LAUNCHER, Kind.TOMCAT, Kind.JETTY};

    /** Provides them as far as they are tested in this run. */
    final class Provider implements ArgumentsProvider, AnnotationConsumer<KindSource> {
        private List<Kind> kinds = List.of();

        @Override
        public void accept(KindSource annotation) {
            kinds = List.of(annotation.value());
        }

        @Override
        public Stream<? extends Arguments> provideArguments(
                ParameterDeclarations parameters, ExtensionContext context) {
            return kinds.stream().filter(Kind::isTested).map(Arguments::of);
        }
    }
}
