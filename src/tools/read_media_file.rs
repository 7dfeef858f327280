//! `read_media_file`: an image or a sound as such, and any other file as bytes.
//!
//! What a file is, its first bytes say; its name only decides where they say
//! too little. A client that is told `image/png` of something else hands it to
//! a model that refuses the whole conversation.

use bytes::Bytes;
use file_format::FileFormat;
use memchr::memmem;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{CallContext, Tool};
use crate::{
    guard::{Block, Draft},
    limits,
    policy::Effect,
    refusal::{Code, Refusal},
    sandbox::{Files, files::Place},
    sanitize::path::FilePath,
};

/// How far into a file an SVG's first tag is looked for, in bytes: behind a licence and a DTD.
const SVG_TAG_WITHIN: usize = 8 << 10;

/// Reads an image, a sound or any other file that is no text.
#[derive(Debug)]
pub struct ReadMediaFile;

/// The arguments of `read_media_file`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadMediaFileArgs {
    // The file.
    path: FilePath,
}

impl Tool for ReadMediaFile {
    const NAME: &'static str = "read_media_file";
    const TITLE: &'static str = "Read media file";
    const DESCRIPTION: &'static str =
        "Read an image or a sound as such, and any other file as a blob, up to 5 MiB.";
    const EFFECT: Effect = Effect::ReadsDisk;
    type Args = ReadMediaFileArgs;
    type Needs = Files;

    async fn run(&self, args: ReadMediaFileArgs, files: Files, call: &CallContext) -> Result<Draft, Refusal> {
        let place = files.place(&args.path)?;
        call.detail("path", place.shown());
        let (named, address) = (named(&place), place.address());
        let data = call.blocking(move |call| read(&place, call)).await?;
        let found = Media::of(&data, named);
        let mime = found.map_or("application/octet-stream", Media::mime).to_owned();
        call.detail("mime", mime.as_str());
        let draft = Draft::new().and(match found {
            Some(found) if found.is_sound() => Block::Audio { data, mime },
            Some(_) => Block::Image { data, mime },
            None => Block::BlobResource { uri: address, mime, data },
        });
        Ok(match (found, named) {
            (None, Some(named)) => draft.note(format!(
                "[its name says {}, its content does not; it comes as plain bytes]",
                named.mime()
            )),
            _ => draft,
        })
    }
}

fn read(place: &Place, call: &CallContext) -> Result<Bytes, Refusal> {
    let file = place.open_file()?;
    let bytes = file.bytes();
    let data = file.read(limits::MEDIA_BYTES_MAX, &|| call.go_on())?;
    data.map(Bytes::from).ok_or_else(|| {
        let says = format!(
            "{} has {bytes} bytes, and at most {} can be sent; `read_text_file` reads text in parts",
            place.shown(),
            limits::MEDIA_BYTES_MAX
        );
        Refusal::failed(Code::TooLarge, says)
    })
}

/// What is sent as an image or a sound.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Media {
    Png,
    Jpeg,
    Gif,
    Webp,
    Bmp,
    Svg,
    Mp3,
    Wav,
    Ogg,
    Flac,
}

/// What the name of a file says that it is.
fn named(place: &Place) -> Option<Media> {
    Some(match place.extension()?.as_str() {
        "png" => Media::Png,
        "jpg" | "jpeg" => Media::Jpeg,
        "gif" => Media::Gif,
        "webp" => Media::Webp,
        "bmp" => Media::Bmp,
        "svg" => Media::Svg,
        "mp3" => Media::Mp3,
        "wav" => Media::Wav,
        "ogg" => Media::Ogg,
        "flac" => Media::Flac,
        _ => return None,
    })
}

impl Media {
    /// What `data` is. Two bytes are too few to call something an MP3, and a
    /// tag to call it an SVG, so those must also be named so.
    fn of(data: &[u8], named: Option<Self>) -> Option<Self> {
        match FileFormat::from_bytes(data) {
            FileFormat::PortableNetworkGraphics | FileFormat::AnimatedPortableNetworkGraphics => {
                Some(Self::Png)
            }
            FileFormat::JointPhotographicExpertsGroup => Some(Self::Jpeg),
            FileFormat::GraphicsInterchangeFormat => Some(Self::Gif),
            FileFormat::Webp => Some(Self::Webp),
            FileFormat::WindowsBitmap => Some(Self::Bmp),
            FileFormat::WaveformAudio => Some(Self::Wav),
            FileFormat::FreeLosslessAudioCodec => Some(Self::Flac),
            FileFormat::OggFlac
            | FileFormat::OggMultiplexedMedia
            | FileFormat::OggOpus
            | FileFormat::OggSpeex
            | FileFormat::OggVorbis => Some(Self::Ogg),
            FileFormat::Id3v2 | FileFormat::Mpeg12AudioLayer3 => named.filter(|named| *named == Self::Mp3),
            _ => named.filter(|named| *named == Self::Svg && is_svg(data)),
        }
    }

    const fn mime(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Bmp => "image/bmp",
            Self::Svg => "image/svg+xml",
            Self::Mp3 => "audio/mpeg",
            Self::Wav => "audio/wav",
            Self::Ogg => "audio/ogg",
            Self::Flac => "audio/flac",
        }
    }

    const fn is_sound(self) -> bool {
        matches!(self, Self::Mp3 | Self::Wav | Self::Ogg | Self::Flac)
    }
}

fn is_svg(data: &[u8]) -> bool {
    let start = data.get(..SVG_TAG_WITHIN).unwrap_or(data);
    memmem::find(start, b"<svg").is_some()
}
