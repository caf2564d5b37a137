"""Tests of a source of data: its settings, and images that are the same wherever their files are."""

import shutil
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from ablation.errors import UserError
from ablation.recipe.data import DataSettings
from ablation.recipe.data.official import SPLIT_NAMES
from ablation.recipe.data.pixels import square
from ablation.recipe.data.prepare import prepare
from ablation.testing.declaration import bad_values, check_card, takes_any_number, undescribed

_SIDE = 8


class DataSourceContract:
    """The tests of a source; a subclass whose name begins with ``Test`` names the source and writes a tiny data set.

    ::

        class TestMySource(DataSourceContract):
            source = MySource

            def written(self, folder):
                ...  # a few images of two classes or more
                return MySource(path="images")
    """

    source: ClassVar[type[DataSettings]]
    """The settings class to test."""

    def written(self, folder: Path) -> DataSettings:
        """Write a tiny data set of at least two classes to an empty folder; return settings with relative paths."""
        raise NotImplementedError

    @pytest.fixture
    def settings(self, tmp_path: Path) -> DataSettings:
        """Settings of a tiny data set in ``tmp_path / "base"``, with images of a few pixels."""
        (tmp_path / "base").mkdir()
        return self.written(tmp_path / "base").model_copy(update={"image_size": _SIDE})

    def test_the_suite_writes_data_for_its_own_source(self, settings: DataSettings) -> None:
        assert type(settings) is self.source

    def test_the_card_has_its_parts_in_their_order(self) -> None:
        check_card(self.source)

    def test_every_setting_is_described_and_every_number_has_bounds(self) -> None:
        assert not undescribed(self.source)
        assert not [name for name in self._own() if takes_any_number(self.source.model_fields[name])]

    def test_bad_values_and_unknown_settings_are_refused_by_name(self, settings: DataSettings) -> None:
        plain = settings.model_dump()
        own = [(name, value) for name, value in bad_values(self.source) if name in self._own()]
        for name, value in (*own, ("no_such_setting", 1)):
            with pytest.raises(ValidationError) as caught:
                self.source.model_validate(plain | {name: value})
            assert name in str(caught.value)

    def test_settings_survive_yaml_and_back(self, settings: DataSettings) -> None:
        plain = yaml.safe_load(yaml.safe_dump(settings.model_dump(mode="json")))
        assert DataSettings.choose(plain) == settings
        assert hash(DataSettings.choose(plain)) == hash(settings)

    def test_every_image_has_a_label_of_a_class_and_a_name(self, settings: DataSettings, tmp_path: Path) -> None:
        decoded = settings.decode(tmp_path / "base")
        images = [square(image, _SIDE) for image in decoded.images]
        assert len(images) == len(decoded.labels) == len(decoded.names) > 0
        assert {image.shape for image in images} == {(_SIDE, _SIDE, 3)}
        assert decoded.labels.dtype == np.int64
        assert len(set(decoded.classes)) == len(decoded.classes) >= 2
        assert 0 <= decoded.labels.min() <= decoded.labels.max() < len(decoded.classes)
        assert decoded.official is None or set(decoded.official.tolist()) <= set(SPLIT_NAMES)
        for column in (decoded.official, decoded.groups):
            assert column is None or column.shape == decoded.labels.shape

    def test_decoding_again_gives_the_same_in_the_same_order(self, settings: DataSettings, tmp_path: Path) -> None:
        one, other = (settings.decode(tmp_path / "base") for _ in range(2))
        assert (one.names, one.classes, one.skipped) == (other.names, other.classes, other.skipped)
        assert one.labels.tolist() == other.labels.tolist()

    def test_the_fingerprint_is_that_of_the_images_wherever_they_lie(
        self, settings: DataSettings, tmp_path: Path
    ) -> None:
        first = prepare(settings, tmp_path / "base", tmp_path / "datasets")
        shutil.copytree(tmp_path / "base", tmp_path / "moved")
        moved = prepare(settings, tmp_path / "moved", tmp_path / "other datasets")
        assert moved.fingerprint == first.fingerprint
        assert prepare(settings, tmp_path / "base", tmp_path / "datasets").fingerprint == first.fingerprint

    def test_a_file_that_is_no_image_is_left_out_and_listed_where_it_lies_among_them(
        self, settings: DataSettings, tmp_path: Path
    ) -> None:
        base = tmp_path / "base"
        before = prepare(settings, base, tmp_path / "datasets")
        files = list(settings.files(base))
        for folder in {file.parent for file in files}:
            (folder / "notes.txt").write_text("no image")
        after = prepare(settings, base, tmp_path / "datasets")
        assert after.fingerprint == before.fingerprint
        assert all(any(file.as_posix().endswith(name) for file in settings.files(base)) for name in after.skipped)
        assert not set(after.skipped) & set(after.names)

    def test_what_is_not_there_is_refused_in_its_place(self, settings: DataSettings, tmp_path: Path) -> None:
        if not any(True for _ in settings.files(tmp_path / "base")):
            pytest.skip(f"{self.source.__name__} reads no files")
        (tmp_path / "empty").mkdir()
        with pytest.raises(UserError) as caught:
            prepare(settings, tmp_path / "empty", tmp_path / "datasets")
        assert caught.value.place.startswith("data.")
        assert caught.value.place.removeprefix("data.") in self.source.model_fields
        assert caught.value.remedy

    def _own(self) -> set[str]:
        """The names of the settings that other sources do not have."""
        return self.source.model_fields.keys() - DataSettings.model_fields.keys()
